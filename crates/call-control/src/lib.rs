//! The signalling core: calls, admission, negotiation.
