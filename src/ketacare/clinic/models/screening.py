"""What asks for a course to be judged again, or for its long-term safety to be worked out again."""

from django.db import models

from ketacare.clinic.models.care import Course


class ScreeningRequest(models.Model):
    """Something about a course has changed. Written with the change itself; gone once a screening has answered it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="screening_requests")
    because = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)  # a screening failed then; it is tried again a little later

    def __str__(self) -> str:
        return f"screening of course {self.course_id}"


class SafetyRequest(models.Model):
    """Something that the long-term safety of a course follows from has changed. Gone once it has been worked out again."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="safety_requests")
    asked_at = models.DateTimeField()
    tried_at = models.DateTimeField(
        null=True, blank=True
    )  # working it out failed then; it is tried again a little later

    def __str__(self) -> str:
        return f"safety of course {self.course_id}"
