//! A second, foreign implementation of a gateway (rsip, rtp): for `um demo`, `um test`, load and the tests.
