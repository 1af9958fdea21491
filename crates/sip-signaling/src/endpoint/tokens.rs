use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Makes the tags, branches and waiting times of one endpoint from its seed.
pub(crate) struct TokenSource {
    random: ChaCha20Rng,
    stateless_secret: [u8; 16],
}

impl TokenSource {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut random = ChaCha20Rng::from_seed(seed);
        let mut stateless_secret = [0; 16];
        random.fill_bytes(&mut stateless_secret);
        Self { random, stateless_secret }
    }

    /// A tag: 64 random bits ("at least 32 bits of randomness", RFC 3261 19.3).
    pub(crate) fn tag(&mut self) -> String {
        format!("{:016x}", self.random.next_u64())
    }

    /// A branch with the magic cookie (RFC 3261 8.1.1.7): 128 random bits, so that nobody can answer a request of
    /// ours without having seen it.
    pub(crate) fn branch(&mut self) -> String {
        let mut branch = String::from("z9hG4bK");
        let _ = write!(branch, "{:016x}{:016x}", self.random.next_u64(), self.random.next_u64());
        branch
    }

    /// A tag that is the same whenever the same request is answered without state (RFC 3261 8.2.7).
    pub(crate) fn stateless_tag(&self, parts: &[&[u8]]) -> String {
        let mut hasher = DefaultHasher::new();
        self.stateless_secret.hash(&mut hasher);
        parts.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// Seconds for a Retry-After: "a randomly chosen value of between 0 and 10 seconds" (RFC 3261 14.2).
    pub(crate) fn retry_after(&mut self) -> u32 {
        self.random.next_u32() % 11
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_tokens() {
        let (mut one, mut other) = (TokenSource::new([7; 32]), TokenSource::new([7; 32]));

        assert_eq!(one.tag(), other.tag());
        assert_eq!(one.branch(), other.branch());
        assert_ne!(one.tag(), one.tag());
    }

    #[test]
    fn a_branch_begins_with_the_magic_cookie() {
        let branch = TokenSource::new([1; 32]).branch();

        assert!(branch.starts_with("z9hG4bK"));
        assert_eq!(branch.len(), 39);
    }

    #[test]
    fn a_stateless_tag_depends_on_the_request_alone() {
        let tokens = TokenSource::new([1; 32]);

        assert_eq!(tokens.stateless_tag(&[b"call", b"1"]), tokens.stateless_tag(&[b"call", b"1"]));
        assert_ne!(tokens.stateless_tag(&[b"call", b"1"]), tokens.stateless_tag(&[b"call", b"2"]));
    }

    #[test]
    fn retry_after_is_at_most_ten_seconds() {
        let mut tokens = TokenSource::new([3; 32]);

        assert!((0..1000).map(|_| tokens.retry_after()).all(|seconds| seconds <= 10));
    }
}
