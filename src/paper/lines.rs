//! Breaking text into lines: Chinese between any two characters but where the rules of
//! punctuation (避头尾) forbid it, words and numbers in other scripts never inside.

use super::font::Glyph;

/// What must not begin a line.
const NO_START: &str = "、。，．：；？！）〕］｝》〉」』】”’…—·～%℃!),.:;?]}";
/// What must not end a line.
const NO_END: &str = "（〔［｛《〈「『【“‘￥([{$#";

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_wide(c) || matches!(c, '.' | '-' | '_' | '@' | '/' | '+' | '*')
}

/// Han and what is set like it.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a line may end between these two.
fn may_break(before: char, after: char) -> bool {
    if before == ' ' {
        return true;
    }
    if NO_START.contains(after) || NO_END.contains(before) || after == ' ' {
        return false;
    }
    !(is_word(before) && is_word(after))
}

/// Cuts glyphs into lines no wider than `width` (in units of the type size); the first one is
/// shorter by `indent`. At least one glyph stands on every line, whatever the width.
pub fn break_lines(glyphs: &[Glyph], width: f32, indent: f32) -> Vec<&[Glyph]> {
    let mut lines = Vec::new();
    let mut rest = glyphs;
    while !rest.is_empty() {
        let room = if lines.is_empty() {
            width - indent
        } else {
            width
        };
        let end = fit(rest, room);
        let (line, after) = rest.split_at(end);
        lines.push(line);
        let spaces = after.iter().take_while(|g| g.char == ' ').count();
        rest = after.get(spaces..).unwrap_or_default();
    }
    if lines.is_empty() {
        lines.push(&[][..]);
    }
    lines
}

/// How many glyphs the next line takes.
fn fit(glyphs: &[Glyph], room: f32) -> usize {
    let mut used = 0.0;
    let mut last_break = 0;
    for (i, pair) in glyphs.iter().enumerate() {
        used += pair.advance;
        if used > room && pair.char != ' ' {
            return if last_break > 0 { last_break } else { i.max(1) };
        }
        if let Some(next) = glyphs.get(i + 1)
            && may_break(pair.char, next.char)
        {
            last_break = i + 1;
        }
    }
    glyphs.len()
}

/// The width of a line in units of the type size.
pub fn width_of(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|g| g.advance).sum()
}

#[cfg(test)]
mod tests {
    use super::super::font::Fonts;
    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let glyphs = Fonts::get().unwrap().shape(text);
        break_lines(&glyphs, width, 0.0)
            .iter()
            .map(|l| l.iter().map(|g| g.char).collect())
            .collect()
    }

    #[test]
    fn punctuation_keeps_to_its_side() {
        assert_eq!(
            broken("双方同意，和解。", 4.0),
            ["双方同", "意，和", "解。"]
        );
        assert_eq!(
            broken("依照《人民调解法》", 3.5),
            ["依照", "《人民", "调解", "法》"]
        );
        assert_eq!(broken("他说“不行”", 3.2), ["他说", "“不", "行”"]);
    }

    #[test]
    fn words_and_numbers_stay_whole() {
        assert_eq!(broken("应付156000元整", 5.0), ["应付", "156000元", "整"]);
        assert_eq!(
            broken("very-long-identifier", 2.0).concat(),
            "very-long-identifier"
        );
    }

    #[test]
    fn nothing_is_lost() {
        let text = "甲方（叶长根）于2026年3月2日，自愿将檐沟改道；乙方（叶阿六）予以协助。";
        for width in [1.0, 2.0, 3.7, 9.0, 40.0] {
            assert_eq!(broken(text, width).concat(), text);
        }
        assert_eq!(broken("", 5.0), [""]);
    }
}
