locals {
  default_group = "${var.name}-default-unused"

  # EC2 checks a call for each resource that it touches: a new one by the tags in the request, an existing one
  # by its own tags. The statements for new resources are separate, so that none allows a call on an existing
  # resource of somebody else.
  new_resources = {
    CreateVpc    = { actions = ["CreateVpc"], kinds = ["vpc"] }
    CreateInVpc  = { actions = ["CreateRouteTable", "CreateSecurityGroup", "CreateSubnet"], kinds = ["route-table", "security-group", "subnet"] }
    CreateOthers = { actions = ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateFlowLogs", "CreateVpcEndpoint"], kinds = ["security-group-rule", "vpc-endpoint", "vpc-flow-log"] }
    CreateHost   = { actions = ["RunInstances"], kinds = ["instance", "volume"] }
  }

  network_statements = concat(
    [for name, new in local.new_resources : {
      Sid       = name
      Effect    = "Allow"
      Action    = [for action in new.actions : "ec2:${action}"]
      Resource  = [for kind in new.kinds : "${local.in_service.ec2}:${kind}/*"]
      Condition = { StringEquals = local.new }
    }],
    [
      {
        Sid      = "TagNewResources"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "${local.in_service.ec2}:*/*"
        Condition = {
          StringEquals = merge(local.new, { "ec2:CreateAction" = sort(flatten([for new in local.new_resources : new.actions])) })
        }
      },
      {
        Sid    = "Change"
        Effect = "Allow"
        Action = [
          "ec2:AssociateIamInstanceProfile",
          "ec2:AssociateRouteTable",
          "ec2:AuthorizeSecurityGroup*",
          "ec2:CreateFlowLogs",
          "ec2:CreateRoute",
          "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet",
          "ec2:CreateTags",
          "ec2:CreateVpcEndpoint",
          "ec2:DeleteFlowLogs",
          "ec2:DeleteRoute",
          "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet",
          "ec2:DeleteTags",
          "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints",
          "ec2:DisassociateIamInstanceProfile",
          "ec2:DisassociateRouteTable",
          "ec2:ModifyInstanceAttribute",
          "ec2:ModifyInstanceMetadataOptions",
          "ec2:ModifySecurityGroupRules",
          "ec2:ModifySubnetAttribute",
          "ec2:ModifyVolume",
          "ec2:ModifyVpcAttribute",
          "ec2:ModifyVpcEndpoint",
          "ec2:MonitorInstances",
          "ec2:ReplaceIamInstanceProfileAssociation",
          "ec2:ReplaceRoute*",
          "ec2:RevokeSecurityGroup*",
          "ec2:RunInstances",
          "ec2:StartInstances",
          "ec2:StopInstances",
          "ec2:TerminateInstances",
          "ec2:UnmonitorInstances",
          "ec2:UpdateSecurityGroupRuleDescriptions*",
        ]
        Resource  = "${local.in_service.ec2}:*/*"
        Condition = { StringEquals = local.ours }
      },
      # Neither can have the stack's tag: the interface is made with the host, the image is Amazon's.
      {
        Sid       = "RunHost"
        Effect    = "Allow"
        Action    = "ec2:RunInstances"
        Resource  = "${local.in_service.ec2}:network-interface/*"
        Condition = { StringEquals = local.in_region }
      },
      {
        Sid       = "AmazonsImages"
        Effect    = "Allow"
        Action    = "ec2:RunInstances"
        Resource  = "arn:${local.partition}:ec2:${var.region}::image/*"
        Condition = { StringEquals = { "ec2:Owner" = "amazon" } }
      },
      {
        Sid      = "PrefixListOfS3"
        Effect   = "Allow"
        Action   = "ec2:ModifySecurityGroupRules"
        Resource = "arn:${local.partition}:ec2:${var.region}:aws:prefix-list/*"
      },
      # AWS creates a VPC's default group without tags, and offers no other condition for it. So the role may tag
      # a group that has no such tag, by this name only, and may then not open it.
      {
        Sid      = "TakeDefaultGroup"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "${local.in_service.ec2}:security-group/*"
        Condition = {
          StringEquals = merge(local.new, { "aws:RequestTag/Name" = local.default_group })
          Null         = { "aws:ResourceTag/project" = "true" }
        }
      },
      {
        Sid       = "DefaultGroupStaysClosed"
        Effect    = "Deny"
        Action    = ["ec2:AuthorizeSecurityGroup*", "ec2:CreateVpcEndpoint", "ec2:DeleteSecurityGroup", "ec2:ModifyInstanceAttribute", "ec2:ModifySecurityGroupRules", "ec2:ModifyVpcEndpoint", "ec2:RunInstances"]
        Resource  = "${local.in_service.ec2}:security-group/*"
        Condition = { StringEquals = { "aws:ResourceTag/Name" = local.default_group } }
      },
      {
        Sid      = "DefaultGroupKeepsItsName"
        Effect   = "Deny"
        Action   = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource = "${local.in_service.ec2}:security-group/*"
        Condition = {
          StringEquals               = { "aws:ResourceTag/Name" = local.default_group }
          "ForAnyValue:StringEquals" = { "aws:TagKeys" = ["Name", "project"] }
        }
      },
      # The private DNS name of an interface endpoint is a zone of Route 53, which AWS creates.
      {
        Sid      = "NamesOfEndpoints"
        Effect   = "Allow"
        Action   = "route53:AssociateVPCWithHostedZone"
        Resource = "arn:${local.partition}:route53:::hostedzone/*"
      },
    ],
    [
      for arns in(length(var.existing_network_arns) > 0 ? [var.existing_network_arns] : []) : {
        Sid       = "UseExistingNetwork"
        Effect    = "Allow"
        Action    = ["ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:RunInstances"]
        Resource  = arns
        Condition = { StringEquals = local.in_region }
      }
    ],
  )
}
