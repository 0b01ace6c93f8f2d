"""Runs a server that speaks the protocol of S3, with one bucket, until stdin ends. Prints a line of JSON about it.

store.py [strict]: with `strict`, the server checks who asks; the line then has the one key that may.
A line on stdin changes its mood: `throttle N` answers every Nth request with 503, `stall N SECONDS` lets every Nth wait so long,
`calm` does neither.
"""

import json
import os
import sys
import threading
import time

STRICT = sys.argv[1:] == ["strict"]
# Making the bucket, the user, the right and the key are let through; from then on everybody is checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4" if STRICT else "inf"

import logging

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
BUCKET = "bucket"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
SLOW_DOWN = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'


class Moody:
    """The server as its mood is."""

    def __init__(self, served):
        self.served, self.mood, self.asked, self.lock = served, ["calm"], 0, threading.Lock()

    def __call__(self, environ, start):
        with self.lock:
            self.asked += 1
            asked, mood = self.asked, self.mood
        if mood[0] != "calm" and asked % int(mood[1]) == 0:
            if mood[0] == "throttle":
                # What was sent is read: a connection is used again.
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start("503 Slow Down", [("Content-Type", "application/xml"), ("Content-Length", str(len(SLOW_DOWN)))])
                return [SLOW_DOWN]
            time.sleep(float(mood[2]))
        return self.served(environ, start)


moody = Moody(DomainDispatcherApplication(create_backend_app))
server = make_server("127.0.0.1", 0, moody, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}"
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
for line in sys.stdin:
    moody.mood = line.split()
server.shutdown()
