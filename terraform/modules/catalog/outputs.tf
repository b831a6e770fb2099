output "database" {
  description = "Name of the Glue database."
  value       = aws_glue_catalog_database.lake.name
}

output "table" {
  description = "Name of the Glue table."
  value       = aws_glue_catalog_table.transactions.name
}
