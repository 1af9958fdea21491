use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde::{Deserialize, Serialize};
use telephony::{Extension, Secret};

/// The least that a policy may ask of a PIN, in digits.
pub const PIN_SHORTEST: u8 = 4;
/// The longest PIN, in digits.
pub const PIN_LONGEST: u8 = 24;

/// What a mailbox policy asks of PINs, with the defaults of Exchange UM.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PinRules {
    /// Digits at least; 4 to 24.
    pub minimum_length: u8,
    /// Days until a new PIN is asked for; `None` for never.
    pub lifetime_days: Option<u16>,
    /// PINs that may not come again, the one in force counted; 1 to 20.
    pub history_count: u8,
    /// Failed log-ons until the PIN is reset; `None` for never.
    pub failures_before_reset: Option<u16>,
    /// Failed log-ons until the mailbox is locked.
    pub failures_before_lockout: u16,
    /// Sequences and repeats are allowed; the end of the extension never is.
    pub allow_common_patterns: bool,
}

/// Why a PIN is refused. Never says the PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PinRefusal {
    /// A character that no telephone key 0 to 9 makes.
    #[error("a PIN has digits only: use 0-9")]
    NotADigit,
    /// Shorter than the policy asks.
    #[error("the PIN has {length} digits, the policy asks for {minimum}: choose a longer one")]
    TooShort {
        /// Digits given.
        length: usize,
        /// Digits asked for.
        minimum: u8,
    },
    /// Longer than any PIN may be.
    #[error("the PIN has more than {} digits: choose a shorter one", PIN_LONGEST)]
    TooLong,
    /// Each digit is one more, or one less, than the one before.
    #[error("the PIN is a sequence of digits: choose one that cannot be guessed")]
    Sequence,
    /// One digit over and over.
    #[error("the PIN is one digit repeated: choose one that cannot be guessed")]
    Repeat,
    /// The PIN is the end of the extension, or ends with the extension.
    #[error("the PIN holds the extension: choose one that cannot be guessed")]
    HoldsExtension,
    /// The PIN in force, or one of those before it.
    #[error("the PIN is one of the last ones: choose one that is new")]
    UsedBefore,
}

/// Makes PINs that fit a policy, from a seed: same seed, same PINs.
pub struct PinGenerator(ChaCha20Rng);

impl Default for PinRules {
    fn default() -> Self {
        Self {
            minimum_length: 6,
            lifetime_days: Some(60),
            history_count: 5,
            failures_before_reset: Some(5),
            failures_before_lockout: 15,
            allow_common_patterns: false,
        }
    }
}

impl PinRules {
    /// Does this PIN fit the mailbox with this extension?
    ///
    /// # Errors
    /// The first rule it breaks. History and lifetime are the store's to judge.
    pub fn check(&self, pin: &Secret<String>, extension: &Extension) -> Result<(), PinRefusal> {
        let pin = pin.expose().as_str();
        if !pin.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(PinRefusal::NotADigit);
        }
        let minimum = self.minimum_length.clamp(PIN_SHORTEST, PIN_LONGEST);
        if pin.len() < usize::from(minimum) {
            return Err(PinRefusal::TooShort { length: pin.len(), minimum });
        }
        if pin.len() > usize::from(PIN_LONGEST) {
            return Err(PinRefusal::TooLong);
        }
        if extension.as_str().ends_with(pin) || holds_extension(pin, extension) {
            return Err(PinRefusal::HoldsExtension);
        }
        if self.allow_common_patterns {
            return Ok(());
        }
        match step(pin) {
            Some(0) => Err(PinRefusal::Repeat),
            Some(1 | -1) => Err(PinRefusal::Sequence),
            Some(_) | None => Ok(()),
        }
    }
}

impl PinGenerator {
    /// A generator; the seed is 32 octets from the system's source of randomness, used for nothing else.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// The next PIN, of the shortest length that the rules allow. Ask until it fits ends soon: the rules refuse fewer
    /// than one PIN in a hundred.
    pub fn generate(&mut self, rules: &PinRules, extension: &Extension) -> Secret<String> {
        let length = rules.minimum_length.clamp(PIN_SHORTEST, PIN_LONGEST);
        loop {
            let pin = Secret::new((0..length).map(|_| self.digit()).collect::<String>());
            if rules.check(&pin, extension).is_ok() {
                return pin;
            }
        }
    }

    /// One decimal digit, all ten equally likely: octets from 250 on are thrown away.
    fn digit(&mut self) -> char {
        loop {
            let [octet, ..] = self.0.next_u32().to_le_bytes();
            if octet < 250 {
                return char::from(b'0'.wrapping_add(octet % 10));
            }
        }
    }
}

/// A short extension ends many a PIN by chance; from four digits on it is no chance.
fn holds_extension(pin: &str, extension: &Extension) -> bool {
    extension.as_str().len() >= usize::from(PIN_SHORTEST) && pin.ends_with(extension.as_str())
}

/// The one difference between all neighbouring digits, if there is one; 9 to 0 counts as a step of one.
fn step(pin: &str) -> Option<i8> {
    let mut steps = pin.as_bytes().windows(2).map(|pair| match pair {
        [b'9', b'0'] => 1,
        [b'0', b'9'] => -1,
        [first, second] => second.cast_signed().wrapping_sub(first.cast_signed()),
        _ => 0,
    });
    let first = steps.next()?;
    steps.all(|next| next == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pin: &str) -> Result<(), PinRefusal> {
        PinRules::default().check(&Secret::new(pin.into()), &Extension::parse("814001").unwrap())
    }

    #[test]
    fn six_mixed_digits_fit_the_default_rules() {
        assert_eq!(check("294815"), Ok(()));
    }

    #[test]
    fn five_digits_are_too_few_and_twenty_five_too_many() {
        assert_eq!(check("29481"), Err(PinRefusal::TooShort { length: 5, minimum: 6 }));
        assert_eq!(check("2948152948152948152948159"), Err(PinRefusal::TooLong));
        assert_eq!(check("294815294815294815294815"), Ok(()));
    }

    #[test]
    fn letters_and_keys_that_are_no_digits_are_refused() {
        assert_eq!(check("29481#"), Err(PinRefusal::NotADigit));
        assert_eq!(check("29481\u{e4}"), Err(PinRefusal::NotADigit));
    }

    #[test]
    fn sequences_up_and_down_and_over_nine_are_refused() {
        assert_eq!(check("123456"), Err(PinRefusal::Sequence));
        assert_eq!(check("654321"), Err(PinRefusal::Sequence));
        assert_eq!(check("789012"), Err(PinRefusal::Sequence));
    }

    #[test]
    fn one_digit_repeated_is_refused() {
        assert_eq!(check("111111"), Err(PinRefusal::Repeat));
    }

    #[test]
    fn the_extension_is_refused_even_where_patterns_are_allowed() {
        let rules = PinRules { minimum_length: 4, allow_common_patterns: true, ..PinRules::default() };
        let extension = Extension::parse("814001").unwrap();

        for pin in ["814001", "4001", "99814001"] {
            assert_eq!(
                rules.check(&Secret::new(pin.into()), &extension),
                Err(PinRefusal::HoldsExtension),
                "{pin}"
            );
        }
        assert_eq!(rules.check(&Secret::new("1111".into()), &extension), Ok(()));
    }

    #[test]
    fn a_short_extension_may_end_a_pin_by_chance() {
        let extension = Extension::parse("5").unwrap();

        assert_eq!(PinRules::default().check(&Secret::new("294815".into()), &extension), Ok(()));
    }

    #[test]
    fn generated_pins_fit_their_rules_and_differ() {
        let rules = PinRules { minimum_length: 4, ..PinRules::default() };
        let extension = Extension::parse("4001").unwrap();
        let mut generator = PinGenerator::new([7; 32]);

        let pins: Vec<Secret<String>> = (0..1000).map(|_| generator.generate(&rules, &extension)).collect();

        assert!(pins.iter().all(|pin| rules.check(pin, &extension) == Ok(())));
        assert!(pins.windows(2).filter(|pair| pair[0].expose() == pair[1].expose()).count() < 5);
    }

    #[test]
    fn same_seed_gives_the_same_pin() {
        let extension = Extension::parse("4001").unwrap();
        let rules = PinRules::default();

        let first = PinGenerator::new([1; 32]).generate(&rules, &extension);
        let again = PinGenerator::new([1; 32]).generate(&rules, &extension);

        assert_eq!(first.expose(), again.expose());
        assert_eq!(first.expose().len(), 6);
    }
}
