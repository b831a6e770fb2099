# A changed name or database replaces the namespace, and with it all data. A plan that does so is refused.
# The first apply records both, and a change of `force_destroy` records them again.
resource "terraform_data" "identity" {
  input            = "${var.name}/${var.database}"
  triggers_replace = var.force_destroy

  lifecycle {
    ignore_changes = [input]
  }
}

# A destroy evaluates no preconditions, and `prevent_destroy` accepts no variable. As with the buckets, the
# applied value of `force_destroy` counts.
resource "terraform_data" "deletion_guard" {
  input            = var.force_destroy
  triggers_replace = [aws_redshiftserverless_namespace.this.namespace_id, aws_redshiftserverless_workgroup.this.workgroup_id]

  provisioner "local-exec" {
    when    = destroy
    command = self.output ? "exit 0" : "echo The warehouse contains data. To delete it, apply force_destroy=true first, see Tear it down in docs/aws.md. && exit 1"
  }
}
