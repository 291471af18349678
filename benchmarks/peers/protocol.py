"""One line of JSON a request, one line of JSON an answer: how the comparison drives other people's software.

A peer offers named works. `prepare` loads the data and returns nothing; `run` does the work once and returns its seconds, measured here so that
neither process start nor the pipe counts; `result` writes what the last run computed, for the comparison to check.
"""

import json
import sys
import time

import numpy


def load(path):
    return numpy.load(path)


def serve(name, version, works):
    """works: name -> function of the request that returns a function without arguments; that one is timed and returns an array."""
    prepared, last = None, None
    print(json.dumps({"peer": name, "version": version}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                prepared, last = works[request["work"]](request), None
                answer = {"ok": True}
            elif request["do"] == "run":
                start = time.perf_counter()
                last = prepared()
                answer = {"ok": True, "seconds": time.perf_counter() - start}
            elif request["do"] == "result":
                numpy.save(request["path"], numpy.ascontiguousarray(last, dtype=numpy.float64))
                answer = {"ok": True}
            else:
                answer = {"ok": False, "error": "unknown request"}
        except Exception as error:  # the comparison reports it and goes on
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
