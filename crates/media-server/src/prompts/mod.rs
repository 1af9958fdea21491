//! The voices: what each language says, built into the program, and what the administrator has put in its place.
//!
//! The one rule: whatever cannot be read of the administrator's own, the built-in voice says.
mod built_in;
mod kept;
mod shelf;

pub use built_in::text_of;
pub use shelf::{PromptShelf, PromptSource, PromptTrouble};
