//! Hashes of PINs.
//!
//! A PIN is hashed in two steps: `quick = argon2id(pin, 8 KiB, 1 pass)` takes microseconds, `hard = argon2id(quick,
//! cost)` takes about 25 ms. Only the hard hash is kept. An import of many mailboxes stores the quick ones, and the
//! hardener replaces each from what is stored, without the PIN: that lives through a restart, and no PIN is kept
//! anywhere. Until then (four minutes for 10,000 mailboxes on one core) a thief of the database finds those PINs
//! faster; they are PINs that their owners must change at their first log-on.

use std::hint::black_box;

use argon2::{Algorithm, Argon2, Params, Version};
use telephony::Secret;

use crate::{PinCost, StoreError};

/// Octets of a salt and of a hash.
pub(crate) const SALT: usize = 16;
const HASH: usize = 32;
/// The first step.
const QUICK: PinCost = PinCost { memory_kib: 8, passes: 1 };

/// A hash as it stands in the database.
#[derive(Clone)]
pub(crate) struct PinHash {
    pub(crate) salt: [u8; SALT],
    pub(crate) hash: [u8; HASH],
    /// The cost of the second step; `None` while it is to come.
    pub(crate) hardened: Option<PinCost>,
}

impl PinHash {
    /// The first step alone.
    pub(crate) fn quick(pin: &Secret<String>, salt: [u8; SALT]) -> Result<Self, StoreError> {
        let hash = argon2id(QUICK, pin.expose().as_bytes(), &salt)?;
        Ok(Self { salt, hash, hardened: None })
    }

    /// The second step, if it is still to come.
    pub(crate) fn harden(self, cost: PinCost) -> Result<Self, StoreError> {
        if self.hardened.is_some() {
            return Ok(self);
        }
        let hash = argon2id(cost, &self.hash, &self.salt)?;
        Ok(Self { hash, hardened: Some(cost), ..self })
    }

    /// Is it this PIN? Takes as long for a hash that is still to be hardened: the second step, at `cost`, is done for
    /// nothing then.
    pub(crate) fn matches(&self, pin: &Secret<String>, cost: PinCost) -> Result<bool, StoreError> {
        let quick = Self::quick(pin, self.salt)?;
        let hard = black_box(quick.clone().harden(self.hardened.unwrap_or(cost))?);
        let offered = if self.hardened.is_some() { hard.hash } else { quick.hash };
        let different = self.hash.iter().zip(&offered).fold(0, |bits, (ours, theirs)| bits | (ours ^ theirs));
        Ok(different == 0)
    }

    /// The same PIN, which it must be, at the cost of today; `None` if it has that already, or is still to be hardened.
    /// Its salt stays: that is what tells one PIN of a mailbox from the next.
    pub(crate) fn renewed(&self, pin: &Secret<String>, cost: PinCost) -> Result<Option<Self>, StoreError> {
        match self.hardened {
            Some(earlier) if earlier != cost => Self::quick(pin, self.salt)?.harden(cost).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// What an attempt is compared with when there is nothing to compare it with.
    pub(crate) fn decoy(cost: PinCost) -> Self {
        Self { salt: [0; SALT], hash: [0; HASH], hardened: Some(cost) }
    }
}

fn argon2id(cost: PinCost, secret: &[u8], salt: &[u8]) -> Result<[u8; HASH], StoreError> {
    let mut hash = [0; HASH];
    Params::new(cost.memory_kib, cost.passes, 1, Some(HASH))
        .and_then(|parameters| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
                .hash_password_into(secret, salt, &mut hash)
        })
        .map_err(|error| StoreError::PinCost { detail: error.to_string() })?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: PinCost = PinCost { memory_kib: 16, passes: 1 };

    fn pin(digits: &str) -> Secret<String> {
        Secret::new(digits.into())
    }

    #[test]
    fn a_hash_knows_its_pin_before_and_after_it_is_hardened() {
        let quick = PinHash::quick(&pin("294815"), [3; SALT]).unwrap();
        let hard = quick.clone().harden(COST).unwrap();

        assert_ne!(quick.hash, hard.hash);
        for hash in [quick, hard] {
            assert!(hash.matches(&pin("294815"), COST).unwrap());
            assert!(!hash.matches(&pin("294816"), COST).unwrap());
            assert!(!hash.matches(&pin(""), COST).unwrap());
        }
    }

    #[test]
    fn a_hash_of_another_cost_is_renewed_and_knows_its_pin_still() {
        let quick = PinHash::quick(&pin("294815"), [3; SALT]).unwrap();
        let hard = quick.clone().harden(COST).unwrap();
        for today in [PinCost { memory_kib: 32, ..COST }, PinCost { passes: 2, ..COST }] {
            let renewed = hard.renewed(&pin("294815"), today).unwrap().unwrap();

            assert_eq!((renewed.hardened, renewed.salt), (Some(today), [3; SALT]));
            assert_ne!(renewed.hash, hard.hash);
            assert!(renewed.matches(&pin("294815"), today).unwrap());
            assert!(!renewed.matches(&pin("294816"), today).unwrap());
        }
        assert!(hard.renewed(&pin("294815"), COST).unwrap().is_none());
        assert!(quick.renewed(&pin("294815"), COST).unwrap().is_none());
    }

    #[test]
    fn salt_makes_equal_pins_differ() {
        let one = PinHash::quick(&pin("294815"), [1; SALT]).unwrap();
        let two = PinHash::quick(&pin("294815"), [2; SALT]).unwrap();

        assert_ne!(one.hash, two.hash);
    }

    #[test]
    fn a_quick_hash_costs_the_second_step_too() {
        let quick = PinHash::quick(&pin("294815"), [1; SALT]).unwrap();

        let refused = quick.matches(&pin("294815"), PinCost { memory_kib: 1, passes: 1 });

        assert!(matches!(refused, Err(StoreError::PinCost { .. })), "no second step was tried");
    }

    #[test]
    fn parameters_out_of_range_are_refused_in_words() {
        let quick = PinHash::quick(&pin("294815"), [1; SALT]).unwrap();

        let refused = quick.harden(PinCost { memory_kib: 1, passes: 1 });

        assert!(matches!(refused, Err(StoreError::PinCost { .. })));
    }
}
