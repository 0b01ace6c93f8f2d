"""Takes traces as a collector of OpenTelemetry does, until stdin ends: requests are read by OpenTelemetry's own definitions.

Prints a line with its address. A line on stdin is answered by a line of JSON: `told` with all that has come so far, `mood` with nothing;
`mood 503`, `mood 401` and `mood slow` say how it answers from then on, `mood 200` takes everything.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

mood = ["200"]
requests = []


def known(request):
    """The size of what the definitions know of a request."""
    whole = ExportTraceServiceRequest()
    whole.CopyFrom(request)
    whole.DiscardUnknownFields()
    return whole.ByteSize()


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if mood[0] == "slow":
            time.sleep(60)
        request = ExportTraceServiceRequest.FromString(body)
        status = 200 if mood[0] == "slow" else int(mood[0])
        requests.append(
            {
                "path": self.path,
                "headers": dict(self.headers),
                "status": status,
                "known": known(request) == len(body),
                "told": MessageToDict(request),
                "raw": body.decode("latin-1"),
            }
        )
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
for line in sys.stdin:
    asked = line.split()
    if asked[0] == "mood":
        mood[0] = asked[1]
        print("null", flush=True)
    else:
        print(json.dumps(requests), flush=True)
