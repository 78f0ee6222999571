"""What asks for a course to be judged again."""

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
