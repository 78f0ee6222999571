"""Words of the clinic as a patient reads them, in the language of the page."""

from django.utils.translation import gettext_lazy as _

from ketacare.clinic.models import Course

S = Course.Status
# where a course stands -> what that means
STANDS = {
    S.REFERRED: _("Your clinic has opened your record. Next, we ask about your health."),
    S.IN_EVALUATION: _("We are looking at whether this treatment is right and safe for you."),
    S.NOT_ELIGIBLE: _(
        "We found that this treatment is not right for you now. Your clinic talks with you about why, and what else may help."
    ),
    S.ELIGIBLE: _("Nothing stands in the way so far. Next, we talk through what you may agree to. You can say no."),
    S.CONSENTED: _("You have agreed to the treatment. You can take that back at any time. Next, a plan is made."),
    S.PLANNED: _("Your plan is made. Your sessions come next."),
    S.IN_INDUCTION: _("You are in your first course of sessions."),
    S.IN_MAINTENANCE: _("Your first course is over. We watch with you how it goes on."),
    S.ENDED: _("This course of treatment has ended. Your record is kept."),
}
STEPS = (
    (_("Questions about your health"), {S.REFERRED, S.IN_EVALUATION, S.NOT_ELIGIBLE}),
    (_("What you agree to"), {S.ELIGIBLE}),
    (_("Your plan"), {S.CONSENTED, S.PLANNED}),
    (_("First course of sessions"), {S.IN_INDUCTION}),
    (_("Afterwards"), {S.IN_MAINTENANCE, S.ENDED}),
)
ROUTES = {
    "iv_ketamine": _("ketamine into a vein"),
    "im_ketamine": _("ketamine into a muscle"),
    "sc_ketamine": _("ketamine under the skin"),
    "in_esketamine": _("esketamine nasal spray"),
    "in_ketamine_compounded": _("ketamine nasal spray made by a pharmacy"),
    "po_sl_ketamine": _("ketamine by mouth or under the tongue"),
}
PARTS = {"fasting": _("Food and drink"), "escort": _("Getting home"), "medicines": _("Medicines, and other things")}
ROLES = {
    "prescriber": _("prescriber"),
    "nurse": _("nurse"),
    "therapist": _("therapist"),
    "front-desk": _("front desk"),
    "custodian": _("drug custodian"),
    "quality": _("quality lead"),
    "administrator": _("administrator"),
    "medical-director": _("medical director"),
}
# room -> what of a patient lies there
AREAS = {
    "worklist": _("the summary of your record"),
    "clinic": _("who you are and your course"),
    "record": _("your health record"),
    "evaluation": _("whether the treatment is right for you"),
    "consent": _("what you agreed to"),
    "therapy": _("preparation and integration"),
    "outcomes": _("your scores"),
    "stewardship": _("the register of the drug"),
    "planning": _("your plan"),
    "infusion": _("a treatment session"),
    "followup": _("follow-up and safety checks"),
    "portal": _("your messages and check-ins"),
    "frontdesk": _("your request for a consultation"),
    "booking": _("your appointments"),
    "billing": _("your bills"),
    "rights": _("your requests about your record"),
    "interop": _("an exchange with another system"),
    "registry": _("the registry"),
    "public": _("public pages"),
}
OTHER_AREA = _("your record")
EMERGENCY = _("opened your record in an emergency")
SAW, WROTE = _("looked at"), _("wrote or changed something in")
YOU, SOMEBODY = _("You"), _("Somebody at the command line")
# what a record may be used for -> in words
USES = {
    "research": _("Research and registries"),
    "marketing": _("Letters about anything but your own care"),
    "sharing": _("Passing it on to people who do not treat you here"),
}
