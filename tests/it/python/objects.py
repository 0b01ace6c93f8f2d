"""Prints the objects of a store: objects.py ENDPOINT PREFIX. A line each, its name below the prefix and the hash of its content; of JSON
the hash of what it says, without the time that something took and the seal that rests on it."""

import hashlib
import json
import sys

import boto3

endpoint, prefix = sys.argv[1:]
access = {"aws_access_key_id": "someone", "aws_secret_access_key": "something", "region_name": "eu-central-1"}
client = boto3.client("s3", endpoint_url=endpoint, **access)
for page in client.get_paginator("list_objects_v2").paginate(Bucket="bucket", Prefix=prefix):
    for entry in page.get("Contents", []):
        content = client.get_object(Bucket="bucket", Key=entry["Key"])["Body"].read()
        if entry["Key"].endswith(".json"):
            said = json.loads(content)
            said = {name: value for name, value in said.items() if name not in ("seconds", "checksum")}
            content = json.dumps(said, sort_keys=True).encode()
        print(entry["Key"].removeprefix(prefix), hashlib.sha256(content).hexdigest())
