"""Write reference.lock anew: ``python -m tests.science.write_lock``. Only for files that were never released."""

from ketacare.science import reference

if __name__ == "__main__":
    reference.LOCK.write_text(reference.lock_text(), encoding="utf-8")
