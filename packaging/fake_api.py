"""Answers like Test Observer, for packaging/smoke.sh: one execution, in memory.

Prints its port and serves on the loopback address until its standard input ends.
"""

import http.server
import json
import sys
import threading

RESULTS = []


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/v1/version":
            self.answer(200, {"version": "0.0.0"})
        else:
            self.answer(404, {"detail": "TestExecution not found"})

    def do_PUT(self):
        self.body()
        self.answer(200, {"id": 1})

    def do_POST(self):
        RESULTS.extend(self.body())
        self.answer(200, None)

    def do_PATCH(self):
        change = self.body()
        if self.path != "/v1/test-executions/1":
            self.answer(404, {"detail": "TestExecution not found"})
            return
        passed = RESULTS and all(result["status"] == "PASSED" for result in RESULTS)
        ended = "PASSED" if passed else "FAILED"
        status = ended if change.get("status") == "COMPLETED" else "IN_PROGRESS"
        self.answer(200, {"id": 1, "status": status, "execution_metadata": {}})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
