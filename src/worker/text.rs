//! Cleaning of text that leaves the house: no control, line or direction characters survive.

/// True for characters that may never stand in a header, a name or a title: C0, DEL, C1,
/// line and paragraph separators, and the bidirectional controls.
pub fn is_forbidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{61c}'
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line of at most `max` characters. Runs of white space and line breaks become one space,
/// other forbidden characters disappear, the ends are trimmed.
pub fn clean_line(raw: &str, max: usize) -> String {
    let mut out = String::with_capacity(raw.len().min(max.saturating_mul(4)));
    let mut kept = 0_usize;
    let mut gap = false;
    for c in raw.chars() {
        if c.is_whitespace() {
            gap = kept > 0;
            continue;
        }
        if is_forbidden(c) {
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if kept.saturating_add(needed) > max {
            break;
        }
        if gap {
            out.push(' ');
        }
        out.push(c);
        kept = kept.saturating_add(needed);
        gap = false;
    }
    out
}

/// A text body with CRLF line ends and no other control character. Every kind of line break in
/// the input (LF, CR, CRLF, NEL, U+2028, U+2029) counts as one break; a tab becomes a space.
pub fn clean_text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut after_cr = false;
    for c in raw.chars() {
        let break_here = match c {
            '\n' => !after_cr,
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
            _ => false,
        };
        after_cr = c == '\r';
        if break_here {
            out.push_str("\r\n");
        } else if c == '\t' {
            out.push(' ');
        } else if !is_forbidden(c) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_controls_and_keep_words_apart() {
        assert_eq!(clean_line("a\r\nBcc: x@y\u{0}", 40), "a Bcc: x@y");
        assert_eq!(clean_line("  \u{202e}abc\u{2028}d\u{7f}  ", 40), "abc d");
        assert_eq!(clean_line("一二三四", 3), "一二三");
        assert_eq!(clean_line("ab cd", 3), "ab");
        assert_eq!(clean_line("\r\n\t", 3), "");
    }

    #[test]
    fn bodies_have_only_crlf() {
        assert_eq!(
            clean_text("a\nb\r\nc\rd\u{2029}e\tf\u{0}"),
            "a\r\nb\r\nc\r\nd\r\ne f"
        );
        assert_eq!(clean_text("\r\r\n\n"), "\r\n\r\n\r\n");
    }
}
