"""Calls an emitted module, which is 'ids' in the working directory, for a test."""

import dataclasses
import json
import sys

sys.path.insert(0, ".")
import ids  # noqa: E402


def plain(value):
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value


def answer(vector):
    try:
        arguments = vector.get("args", [])
        result = getattr(ids, vector["call"])(*arguments, **vector.get("values", {}))
        if "frozen" in vector:
            setattr(result, vector["frozen"], "other")
        return {"result": plain(result)}
    except (ValueError, dataclasses.FrozenInstanceError) as error:
        return {"error": "frozen" if "frozen" in vector else str(error)}


mode = sys.argv[1]
if mode == "read":
    now = int(sys.argv[2])
    for line in sys.stdin:
        text = json.loads(line)
        valid = [name for name in ids.FORMATS if ids.validate(name, text, None, now)]
        print(json.dumps([ids.readings(text), sorted(valid)]))
elif mode == "mint":
    for line in sys.stdin:
        name, values, count = json.loads(line)
        print(json.dumps([name, ids.batch(name, count, **values)]))
else:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))
