"""Ten thousand spoilt HL7 messages, over MLLP, to a gateway: each is answered, each is refused, each is told why."""

from collections import Counter
from itertools import islice

from tests.bench.figures import says, timed
from tests.contract.gateways import Monitor, a_gateway
from tests.contract.hl7_messages import LOINC_ROWS, corpus, message

MESSAGES, SEED = 10_000, 20_260_304
FRAME = (b"\x0b", b"\x1c")  # what a frame cannot hold


def run() -> None:
    answers: Counter[str] = Counter()
    without_reason = 0
    fit = (raw for raw in corpus(2 * MESSAGES, seed=SEED) if not any(one in raw for one in FRAME))
    spoilt = list(islice(fit, MESSAGES))
    with a_gateway() as (gateway, port):
        monitor = Monitor(port)

        def send_all() -> None:
            nonlocal without_reason
            for raw in spoilt:
                monitor.post(raw)
                answer = monitor.answer()
                answers[Monitor.code(answer)] += 1
                without_reason += not str(answer.segment("MSA")[3]).strip()

        took_s = timed(send_all)
        good = monitor.send(message(*LOINC_ROWS))
    says(f"{len(spoilt)} spoilt messages: {answers['AE']} AE, {answers['AR']} AR, {answers['AA']} taken (goal 0)")
    says(
        f"{without_reason} without a reason (goal 0), {gateway.counts['connections broken']} connections broken (goal 0)"
    )
    says(f"{1000 * took_s / len(spoilt):.2f} ms a message; a good message after them: {good}")
    assert answers["AA"] == without_reason == 0
    assert good == "AA"
