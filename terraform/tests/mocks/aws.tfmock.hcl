# Values of data sources and resources, as an account would return them. Nothing is created.

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}

mock_data "aws_availability_zones" {
  defaults = {
    names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  }
}

mock_data "aws_ssm_parameter" {
  defaults = {
    insecure_value = "ami-0123456789abcdef0"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = {
    arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:mocked"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:eu-central-1:123456789012:repository/txn-airflow"
    repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/txn-airflow"
  }
}

mock_resource "aws_iam_openid_connect_provider" {
  defaults = {
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }
}

mock_resource "aws_iam_policy" {
  defaults = {
    arn = "arn:aws:iam::123456789012:policy/mocked"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:eu-central-1:123456789012:key/mocked"
  }
}

mock_resource "aws_redshiftserverless_namespace" {
  defaults = {
    arn                       = "arn:aws:redshift-serverless:eu-central-1:123456789012:namespace/mocked"
    namespace_id              = "mocked"
    admin_password_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redshift!txn-txn_admin-AbCdEf"
  }
}

mock_resource "aws_redshiftserverless_workgroup" {
  defaults = {
    workgroup_id = "mocked"
    arn          = "arn:aws:redshift-serverless:eu-central-1:123456789012:workgroup/mocked"
    endpoint     = [{ address = "txn.123456789012.eu-central-1.redshift-serverless.amazonaws.com" }]
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-central-1:123456789012:mocked"
  }
}
