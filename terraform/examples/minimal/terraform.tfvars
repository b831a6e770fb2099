# The least: a lake and a warehouse that costs nothing but storage while it is idle.
region             = "eu-central-1"
interface_services = []
