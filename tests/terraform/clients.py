"""Clients of the AWS stand-in."""

from __future__ import annotations

from typing import Any

import boto3

REGION = "eu-central-1"


def client(service: str, aws: dict[str, str], **credentials: str) -> Any:
    variables = {
        "s3": "AWS_ENDPOINT_URL",
        "redshift-data": "AWS_ENDPOINT_URL_REDSHIFT_DATA",
        "redshift-serverless": "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS",
    }
    keys = credentials or {
        "aws_access_key_id": aws["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": aws["AWS_SECRET_ACCESS_KEY"],
    }
    url = aws[variables.get(service, "AWS_ENDPOINT_URL")]
    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)
