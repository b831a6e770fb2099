locals {
  objects = "${aws_s3_bucket.lake.arn}/*"

  # Deletes are not denied here, so that an administrator can empty the bucket.
  data_actions = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]

  bucket_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "TlsOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [aws_s3_bucket.lake.arn, local.objects]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "Tls12OrNewer"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [aws_s3_bucket.lake.arn, local.objects]
          Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        },
        # COPY is allowed, because a presigned URL counts as the role that signed it.
        {
          Sid       = "OurRolesOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = local.data_actions
          Resource  = local.objects
          Condition = { ArnNotLike = { "aws:PrincipalArn" = var.allowed_role_arns } }
        },
      ],
      [
        for endpoint in(var.s3_endpoint_id == "" ? [] : [var.s3_endpoint_id]) : {
          Sid       = "FromTheVpcOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = local.data_actions
          Resource  = local.objects
          Condition = {
            StringNotEquals = { "aws:SourceVpce" = endpoint }
            ArnNotLike      = { "aws:PrincipalArn" = var.copy_role_arn }
          }
        }
      ],
    )
  }
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = jsonencode(local.bucket_policy)

  depends_on = [aws_s3_bucket_public_access_block.lake]
}
