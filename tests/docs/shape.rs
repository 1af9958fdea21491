/// Stands for anything on its line; alone on a line, for any lines.
const ANYTHING: char = '…';

/// Whether `got` is what a page shows.
pub(crate) fn is_shown(shown: &[String], got: &[String]) -> bool {
    match shown.split_first() {
        None => got.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=got.len()).any(|skipped| is_shown(rest, &got[skipped..]))
        }
        Some((first, rest)) => got
            .split_first()
            .is_some_and(|(line, others)| line_is_shown(first, line) && is_shown(rest, others)),
    }
}

fn line_is_shown(shown: &str, got: &str) -> bool {
    let (shown, got) = (one_space(shown), one_space(got));
    let mut pieces = shown.split(ANYTHING).peekable();
    let Some(mut left) = pieces.next().and_then(|first| got.strip_prefix(first)) else { return false };
    if pieces.peek().is_none() {
        return left.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return left.ends_with(piece);
        }
        let Some((_, behind)) = left.split_once(piece) else { return false };
        left = behind;
    }
    left.is_empty()
}

fn one_space(line: &str) -> String {
    line.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The line with each whole number that is a port of the server in place of the one that pages show.
pub(crate) fn with_usual_ports(line: &str, ports: &[(u16, u16)]) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for character in line.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            number.push(character);
            continue;
        }
        let usual = ports.iter().find(|(real, _)| real.to_string() == number);
        out.push_str(&usual.map_or(number.clone(), |(_, usual)| usual.to_string()));
        number.clear();
        out.push(character);
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn dots_stand_for_anything_on_their_line() {
        assert!(line_is_shown("expires in … days", "expires in 1824 days"));
        assert!(line_is_shown("NAME   …  END", "NAME x y  END"));
        assert!(line_is_shown("… of … bytes", "7 of 9 bytes"));
        assert!(!line_is_shown("expires in … days", "expires in 1824 hours"));
        assert!(!line_is_shown("plain", "plainer"));
        assert!(!line_is_shown("a…b", "a"));
    }

    #[test]
    fn dots_alone_stand_for_any_lines() {
        assert!(is_shown(&lines(&["a", "…", "z"]), &lines(&["a", "b", "c", "z"])));
        assert!(is_shown(&lines(&["a", "…"]), &lines(&["a"])));
        assert!(!is_shown(&lines(&["a", "…", "z"]), &lines(&["a", "b"])));
        assert!(!is_shown(&lines(&["a"]), &lines(&["a", "b"])));
        assert!(!is_shown(&[], &lines(&["a"])));
    }

    #[test]
    fn ports_are_replaced_as_whole_numbers_only() {
        assert_eq!(with_usual_ports("at 127.0.0.1:4100, 41001", &[(4100, 5060)]), "at 127.0.0.1:5060, 41001");
        assert_eq!(with_usual_ports("4100", &[(4100, 5060)]), "5060");
    }
}
