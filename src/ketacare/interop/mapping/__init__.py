"""Our objects out of FHIR R4 resources, one module a resource; pure."""
