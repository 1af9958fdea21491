use super::{catalogue::MetricKind, page::Page};

/// Counts by size.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    /// Upper bounds, ascending; what is above the last counts in none of them.
    bounds: &'static [f64],
    /// How many are within each bound and above the one before.
    within: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, within: vec![0; bounds.len()], count: 0, sum: 0.0 }
    }

    pub(super) fn count(&mut self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        if let Some(within) = place.and_then(|place| self.within.get_mut(place)) {
            *within = within.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.sum += value;
    }

    pub(super) fn print(&self, page: &mut Page, kind: &'static MetricKind) {
        let mut samples = page.metric(kind);
        let mut up_to: u64 = 0;
        for (bound, within) in self.bounds.iter().zip(&self.within) {
            up_to = up_to.saturating_add(*within);
            samples.line("_bucket", &[], Some(("le", &bound.to_string())), up_to);
        }
        samples.line("_bucket", &[], Some(("le", "+Inf")), self.count);
        samples.line("_sum", &[], None, self.sum);
        samples.line("_count", &[], None, self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::metrics::catalogue::CALL_MOS;

    #[test]
    fn each_bucket_holds_all_that_is_not_above_its_bound() {
        let mut histogram = Histogram::new(&[2.0, 3.5]);
        [1.0, 2.0, 3.5, 4.25].into_iter().for_each(|value| histogram.count(value));
        let mut page = Page::default();

        histogram.print(&mut page, &CALL_MOS);

        let text = page.into_text();
        let samples: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            samples,
            [
                "um_call_mos_bucket{le=\"2\"} 2",
                "um_call_mos_bucket{le=\"3.5\"} 3",
                "um_call_mos_bucket{le=\"+Inf\"} 4",
                "um_call_mos_sum 10.75",
                "um_call_mos_count 4",
            ]
        );
    }
}
