"""Runs a server that speaks the protocol of S3, with one bucket, until stdin ends. Prints a line of JSON about it.

store.py [strict]: with `strict`, the server checks who asks; the line then has the one key that may.
"""

import json
import os
import sys

STRICT = sys.argv[1:] == ["strict"]
# Making the bucket, the user, the right and the key are let through; from then on everybody is checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4" if STRICT else "inf"

import logging

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
BUCKET = "bucket"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"
access = {"aws_access_key_id": "someone", "aws_secret_access_key": "something", "region_name": "eu-central-1"}
client = lambda service: boto3.client(service, endpoint_url=endpoint, **access)
client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
told = {"endpoint": endpoint, "bucket": BUCKET, "key": "someone", "secret": "something"}
if STRICT:
    iam = client("iam")
    iam.create_user(UserName="mover")
    iam.put_user_policy(UserName="mover", PolicyName="all", PolicyDocument=json.dumps(ALL))
    key = iam.create_access_key(UserName="mover")["AccessKey"]
    told |= {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
print(json.dumps(told), flush=True)
sys.stdin.read()
server.stop()
