//! The messages of the mailbox as this call knows them. What was deleted in this call stays in the list until the end
//! of the call, so that it can be undeleted.
use mailbox::{MessageId, MessageState, MessageSummary};

use super::{layout::Section, turn::Which};

/// The messages, and which of them is heard.
#[derive(Debug, Default)]
pub(super) struct MessageList {
    /// `None`: the store has not told them.
    items: Option<Vec<Item>>,
    /// What is listened to, in this order.
    queue: Vec<MessageId>,
    place: usize,
}

/// One message.
#[derive(Debug)]
pub(super) struct Item {
    /// As the store told it; its state is kept here.
    pub(super) summary: MessageSummary,
    /// The state before this one: where an undeleted message goes back to.
    before_deletion: MessageState,
    /// The subscriber wants it to stay new although it was heard.
    stays_new: bool,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Counts {
    pub(super) new: u32,
    pub(super) new_urgent: u32,
    pub(super) saved: u32,
}

impl Item {
    /// It has been heard, and nothing says that it stays new.
    pub(super) fn becomes_saved(&self) -> bool {
        self.summary.state == MessageState::New && !self.stays_new
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.summary.state == MessageState::Deleted
    }

    /// The state after the key that deletes and undeletes.
    pub(super) fn after_delete_key(&self) -> MessageState {
        match self.summary.state {
            MessageState::New | MessageState::Saved => MessageState::Deleted,
            MessageState::Deleted => self.before_deletion,
        }
    }
}

impl MessageList {
    /// Takes what the store tells, in its order; what was deleted in this call comes last.
    pub(super) fn update(&mut self, told: Vec<MessageSummary>) {
        let mut known = self.items.take().unwrap_or_default();
        let mut items: Vec<Item> = Vec::with_capacity(told.len());
        for summary in told {
            let place = known.iter().position(|item| item.summary.id == summary.id);
            let stays_new = place.is_some_and(|place| known.remove(place).stays_new);
            items.push(Item { before_deletion: summary.state, stays_new, summary });
        }
        items.extend(known.into_iter().filter(Item::is_deleted));
        self.items = Some(items);
    }

    /// The store has told the messages.
    pub(super) fn is_known(&self) -> bool {
        self.items.is_some()
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for item in self.items.iter().flatten() {
            match item.summary.state {
                MessageState::New => {
                    counts.new = counts.new.saturating_add(1);
                    counts.new_urgent = counts.new_urgent.saturating_add(u32::from(item.summary.urgent));
                }
                MessageState::Saved => counts.saved = counts.saved.saturating_add(1),
                MessageState::Deleted => {}
            }
        }
        counts
    }

    /// Goes to the first message of the section that is not deleted; to the first one if all are. `false`: none.
    pub(super) fn begin(&mut self, section: Section) -> bool {
        let in_section = |item: &&Item| {
            let state = if item.is_deleted() { item.before_deletion } else { item.summary.state };
            match section {
                Section::All => true,
                Section::New => state == MessageState::New,
                Section::Saved => state == MessageState::Saved,
            }
        };
        self.queue = self.items.iter().flatten().filter(in_section).map(|item| item.summary.id).collect();
        self.place = 0;
        if self.current().is_some_and(Item::is_deleted) && !self.next(Which::Any) {
            self.place = 0;
        }
        !self.queue.is_empty()
    }

    /// The message that is heard.
    pub(super) fn current(&self) -> Option<&Item> {
        let id = *self.queue.get(self.place)?;
        self.items.iter().flatten().find(|item| item.summary.id == id)
    }

    /// Goes to the next message that is not deleted; `false`, and nowhere, if there is none.
    pub(super) fn next(&mut self, which: Which) -> bool {
        let wanted = |id: &MessageId| {
            self.items.iter().flatten().any(|item| {
                item.summary.id == *id
                    && match (item.summary.state, which) {
                        (MessageState::New, _) | (MessageState::Saved, Which::Any) => true,
                        (MessageState::Saved, Which::New) | (MessageState::Deleted, _) => false,
                    }
            })
        };
        let after = self.place.saturating_add(1);
        let Some(further) = self.queue.iter().skip(after).position(wanted) else { return false };
        self.place = after.saturating_add(further);
        true
    }

    /// Goes to the message before, deleted or not; `false` if there is none.
    pub(super) fn previous(&mut self) -> bool {
        let is_there = |id: &MessageId| self.items.iter().flatten().any(|item| item.summary.id == *id);
        let Some(before) = self.queue.iter().take(self.place).rposition(is_there) else { return false };
        self.place = before;
        true
    }

    /// The store has marked the message that is heard.
    pub(super) fn set_state(&mut self, state: MessageState) {
        let Some(item) = self.current_mut() else { return };
        item.before_deletion = std::mem::replace(&mut item.summary.state, state);
        item.stays_new = state == MessageState::New;
    }

    /// The message that is heard is heard anew: it becomes saved at its end.
    pub(super) fn hear_again(&mut self) {
        if let Some(item) = self.current_mut() {
            item.stays_new = false;
        }
    }

    /// The message that was heard is not there any more. Goes before the next one.
    pub(super) fn forget_current(&mut self) {
        let Some(id) = self.queue.get(self.place).copied() else { return };
        if let Some(items) = &mut self.items {
            items.retain(|item| item.summary.id != id);
        }
        self.queue.remove(self.place);
        // `next` looks behind this place: one before what has moved up, or nowhere if there was nothing before.
        match self.place.checked_sub(1) {
            Some(before) => self.place = before,
            None => self.queue.insert(0, id),
        }
    }

    fn current_mut(&mut self) -> Option<&mut Item> {
        let id = *self.queue.get(self.place)?;
        self.items.iter_mut().flatten().find(|item| item.summary.id == id)
    }
}

#[cfg(test)]
mod tests;
