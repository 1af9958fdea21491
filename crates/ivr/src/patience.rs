/// How often, one time after the other, a caller may fail before a conversation goes on without them.
#[derive(Debug)]
pub(crate) struct Patience {
    failures: u8,
    allowed: u8,
}

impl Patience {
    /// So many failures are the last; 0 counts as 1.
    pub(crate) fn new(allowed: u8) -> Self {
        Self { failures: 0, allowed: allowed.max(1) }
    }

    /// One more failure. Whether it was the last that is put up with.
    pub(crate) fn wears_out(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures >= self.allowed
    }

    /// Not every failure that is put up with has come yet.
    pub(crate) fn lasts(&self) -> bool {
        self.failures < self.allowed
    }

    /// The caller has understood; what was before is forgiven.
    pub(crate) fn renew(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_failure_that_is_allowed_wears_it_out_and_none_allowed_is_one() {
        for (allowed, before) in [(0, 0), (1, 0), (3, 2), (20, 19), (255, 254)] {
            let mut patience = Patience::new(allowed);

            let worn_out = (0..300).position(|_| patience.wears_out());

            assert_eq!(worn_out, Some(before), "{allowed}");
            assert!(!patience.lasts() && patience.wears_out(), "{allowed}");
        }
    }

    #[test]
    fn what_was_before_an_understanding_is_forgiven() {
        let mut patience = Patience::new(2);

        assert!(!patience.wears_out() && patience.lasts());
        patience.renew();
        assert!(!patience.wears_out());
        assert!(patience.wears_out());
    }
}
