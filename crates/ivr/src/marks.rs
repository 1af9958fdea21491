use crate::phrase::PromptKey;

/// What somebody says of their own message by a key of the review.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    /// It is of high importance.
    pub urgent: bool,
    /// It is not to be forwarded.
    pub private: bool,
}

/// One of the [`Marks`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    Urgent,
    Private,
}

impl Marks {
    /// Sets the mark, or takes it back; the words that tell which.
    pub(crate) fn turn(&mut self, mark: Mark) -> PromptKey {
        let (is_set, set, taken_back) = match mark {
            Mark::Urgent => (&mut self.urgent, PromptKey::MARKED_URGENT, PromptKey::URGENT_REMOVED),
            Mark::Private => (&mut self.private, PromptKey::MARKED_PRIVATE, PromptKey::PRIVATE_REMOVED),
        };
        *is_set = !*is_set;
        if *is_set { set } else { taken_back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_set_and_taken_back_without_the_other() {
        let mut marks = Marks::default();
        for (mark, words, urgent, private) in [
            (Mark::Urgent, "marked-urgent", true, false),
            (Mark::Private, "marked-private", true, true),
            (Mark::Urgent, "urgent-removed", false, true),
            (Mark::Private, "private-removed", false, false),
        ] {
            assert_eq!(marks.turn(mark).as_str(), words);
            assert_eq!(marks, Marks { urgent, private }, "{words}");
        }
    }
}
