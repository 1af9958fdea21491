//! Names as they are spelled on telephone keys.
use crate::NameOrder;

/// Letters of a name that count at most; keys that a caller presses at most.
pub const SPELLED_LETTERS_AT_MOST: usize = 32;

/// The words of a name that are looked at.
const WORDS_AT_MOST: usize = 8;

/// Whether these keys are the beginning of this name on telephone keys (ITU-T E.161): 2 is ABC, 9 is WXYZ, digits are
/// themselves, Latin letters lose their marks, and everything else is passed over.
///
/// A name is written `First Last` or `Last, First`. Where the last name comes first, any number of words from the end may
/// be it: `Ludwig van Beethoven` is found as `Beethoven Ludwig van` and as `van Beethoven Ludwig`.
pub fn spells(keys: &str, name: &str, order: NameOrder) -> bool {
    if keys.is_empty()
        || keys.len() > SPELLED_LETTERS_AT_MOST
        || !keys.bytes().all(|key| key.is_ascii_digit())
    {
        return false;
    }
    let (name, comma) = match name.split_once(',') {
        Some((last, first)) => (format!("{first} {last}"), Some(words(last).len())),
        None => (name.to_owned(), None),
    };
    let words = words(&name);
    let begins = |words: &mut dyn Iterator<Item = &String>| {
        let letters: String = words.flat_map(|word| word.chars()).collect();
        letters.starts_with(keys)
    };
    match order {
        NameOrder::FirstLast => begins(&mut words.iter()),
        NameOrder::LastFirst => {
            // How many words the last name may have.
            let lengths = match comma {
                Some(length) => length..=length,
                None => 1..=words.len().saturating_sub(1).max(1),
            };
            lengths.into_iter().any(|length| {
                let (first, last) = words.split_at(words.len().saturating_sub(length));
                begins(&mut last.iter().chain(first))
            })
        }
    }
}

/// The words of a name as keys; what has no letter is no word.
fn words(name: &str) -> Vec<String> {
    name.split([' ', '\u{a0}', '\t'])
        .map(|word| word.chars().filter_map(key).collect::<String>())
        .filter(|word| !word.is_empty())
        .take(WORDS_AT_MOST)
        .collect()
}

fn key(letter: char) -> Option<char> {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    Some(match lower {
        '0'..='9' => lower,
        'a'..='c' | 'à'..='ç' | 'ā' | 'ă' | 'ą' | 'ć' | 'ĉ' | 'ċ' | 'č' => '2',
        'd'..='f' | 'è'..='ë' | 'ð' | 'ď' | 'đ' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => '3',
        'g'..='i' | 'ì'..='ï' | 'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ĥ' | 'ħ' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => {
            '4'
        }
        'j'..='l' | 'ĵ' | 'ķ' | 'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => '5',
        'm'..='o' | 'ñ'..='ö' | 'ø' | 'ń' | 'ņ' | 'ň' | 'ō' | 'ŏ' | 'ő' | 'œ' => '6',
        'p'..='s' | 'ß' | 'ŕ' | 'ŗ' | 'ř' | 'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => '7',
        't'..='v' | 'ù'..='ü' | 'þ' | 'ţ' | 'ť' | 'ŧ' | 'ț' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => {
            '8'
        }
        'w'..='z' | 'ý' | 'ÿ' | 'ŵ' | 'ŷ' | 'ź' | 'ż' | 'ž' => '9',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: NameOrder = NameOrder::LastFirst;
    const FIRST: NameOrder = NameOrder::FirstLast;

    #[test]
    fn tony_smith_is_spelled_as_exchange_spells_him() {
        assert!(spells("866976484", "Tony Smith", FIRST));
        assert!(spells("764848669", "Tony Smith", LAST));
        assert!(spells("76484", "Smith, Tony", LAST));
        assert!(spells("866976484", "Smith, Tony", FIRST));
        assert!(!spells("8669764841", "Tony Smith", FIRST));
        assert!(!spells("866976484", "Tony Smith", LAST));
    }

    #[test]
    fn the_last_name_may_have_several_words() {
        let name = "Ludwig van Beethoven";

        // Beethoven Ludwig van; van Beethoven Ludwig; Ludwig van Beethoven.
        assert!(spells("233846836583944826", name, LAST));
        assert!(spells("826233846836583944", name, LAST));
        assert!(!spells("583944", name, LAST));
        assert!(spells("583944826233846836", name, FIRST));
        assert!(!spells("826", "Beethoven, Ludwig van", LAST));
    }

    #[test]
    fn marks_are_dropped_and_so_is_what_is_no_letter() {
        assert!(spells("685537587436", "Jürgen Müller", LAST));
        assert!(spells("6274366277839", "O'Brien-Márquez", LAST));
        assert!(spells("64531092", "Mike1092", FIRST));
        assert!(spells("546945766", "jim.wilson", FIRST));
    }

    #[test]
    fn whoever_has_no_latin_letters_is_not_found() {
        assert!(!spells("2", "王伟", LAST));
        assert!(!spells("2", "", LAST));
        assert!(!spells("2", ",", LAST));
    }

    #[test]
    fn thirty_two_keys_are_looked_at_and_thirty_three_find_nobody() {
        let name = "A".repeat(40);

        assert!(spells(&"2".repeat(32), &name, FIRST));
        assert!(!spells(&"2".repeat(33), &name, FIRST));
        for keys in ["", "2*", "2a", "٢"] {
            assert!(!spells(keys, &name, FIRST), "{keys}");
        }
    }
}
