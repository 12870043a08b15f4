"""Learning platforms: LTI 1.3 with Deep Linking 2, Names and Roles 2, and Assignment and Grade Services 2."""
