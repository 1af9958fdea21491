//! RTP, RTCP, codecs, telephone-event, playout and recording as one media engine without I/O (RFC 3550, 3551, 4733).
