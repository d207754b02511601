//! Pages as PDF 1.7 with subset fonts; every glyph maps back to its character, so the text can be
//! searched and copied. The same paper always gives the same bytes.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::PaperFault;
use super::font::{Font, Fonts, Glyph};
use super::layout::{Item, Laid, PAGE_HEIGHT, PAGE_WIDTH, footer};

const SYSTEM: SystemInfo = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};
const FONT_NAMES: [&[u8]; 2] = [b"F0", b"F1"];

/// Page numbers at the foot: `第 n 页 共 m 页`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The number of the first page of this paper.
    pub first: i64,
    /// All numbered pages of the dossier.
    pub total: i64,
}

/// The glyphs one file uses of one font.
#[derive(Default)]
struct Used {
    remapper: GlyphRemapper,
    /// By new glyph id: the character and the advance.
    glyphs: BTreeMap<u16, (char, f32)>,
}

/// Writes the file.
///
/// # Errors
/// When a font cannot be subset.
pub fn to_pdf(laid: &Laid, numbers: Option<Numbers>) -> Result<Vec<u8>, PaperFault> {
    let fonts = Fonts::get()?;
    let mut used = [Used::default(), Used::default()];
    let mut contents = Vec::new();
    for (n, page) in (0_i64..).zip(&laid.pages) {
        let foot = match numbers {
            Some(at) => Some(footer(&format!(
                "第 {} 页 共 {} 页",
                at.first.saturating_add(n),
                at.total
            ))?),
            None => None,
        };
        contents.push(page_content(page.iter().chain(&foot), &mut used));
    }

    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut next = 1;
    let mut fresh = || {
        let id = Ref::new(next);
        next += 1;
        id
    };
    let (catalog, tree, info) = (fresh(), fresh(), fresh());
    let mut catalogue = pdf.catalog(catalog);
    catalogue.pages(tree);
    catalogue.lang(TextStr("zh-CN"));
    catalogue.viewer_preferences().display_doc_title(true);
    catalogue.finish();
    pdf.document_info(info)
        .title(TextStr(&laid.title))
        .producer(TextStr("Jieyou"));

    let mut font_refs = Vec::new();
    for (font, used) in fonts.iter().zip(&used) {
        if used.glyphs.is_empty() {
            continue;
        }
        let refs = [fresh(), fresh(), fresh(), fresh(), fresh()];
        embed(&mut pdf, font, used, refs)?;
        font_refs.push((FONT_NAMES.get(font_refs_index(font)), refs));
    }

    let pages: Vec<(Ref, Ref)> = contents.iter().map(|_| (fresh(), fresh())).collect();
    pdf.pages(tree)
        .kids(pages.iter().map(|(page, _)| *page))
        .count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for ((id, stream), content) in pages.iter().zip(&contents) {
        let mut page = pdf.page(*id);
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
        page.parent(tree);
        page.contents(*stream);
        let mut resources = page.resources();
        let mut list = resources.fonts();
        for (name, refs) in &font_refs {
            if let (Some(name), Some(first)) = (name, refs.first()) {
                list.pair(Name(name), *first);
            }
        }
        list.finish();
        resources.finish();
        page.finish();
        pdf.stream(*stream, &packed(content)?)
            .filter(Filter::FlateDecode);
    }
    Ok(pdf.finish())
}

fn font_refs_index(font: &Font) -> usize {
    usize::from(font.name != "DroidSansFallback")
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, PaperFault> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(PaperFault::of)?;
    encoder.finish().map_err(PaperFault::of)
}

fn page_content<'a>(items: impl Iterator<Item = &'a Item>, used: &mut [Used; 2]) -> Vec<u8> {
    let mut content = Content::new();
    content.set_line_width(0.6);
    for item in items {
        match item {
            Item::Rule { from, to } => {
                content.move_to(from.0, from.1);
                content.line_to(to.0, to.1);
                content.stroke();
            }
            Item::Text {
                x,
                y,
                size,
                bold,
                glyphs,
            } => text(&mut content, used, (*x, *y), *size, *bold, glyphs),
        }
    }
    content.finish().to_vec()
}

/// One line: a run per font, each placed for itself.
fn text(
    content: &mut Content,
    used: &mut [Used; 2],
    (mut x, y): (f32, f32),
    size: f32,
    bold: bool,
    glyphs: &[Glyph],
) {
    if glyphs.is_empty() {
        return;
    }
    content.begin_text();
    if bold {
        content.set_text_rendering_mode(TextRenderingMode::FillStroke);
        content.set_line_width(size * 0.02);
    }
    for run in glyphs.chunk_by(|a, b| a.font == b.font) {
        let Some(font) = run.first().map(|g| g.font) else {
            continue;
        };
        let (Some(name), Some(used)) = (FONT_NAMES.get(font), used.get_mut(font)) else {
            continue;
        };
        let mut codes = Vec::with_capacity(run.len() * 2);
        let mut advance = 0.0;
        for g in run {
            let id = used.remapper.remap(g.id);
            used.glyphs.entry(id).or_insert((g.char, g.advance));
            codes.extend(id.to_be_bytes());
            advance += g.advance * size;
        }
        content.set_font(Name(name), size);
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        content.show(Str(&codes));
        x += advance;
    }
    if bold {
        content.set_text_rendering_mode(TextRenderingMode::Fill);
        content.set_line_width(0.6);
    }
    content.end_text();
}

fn embed(pdf: &mut Pdf, font: &Font, used: &Used, refs: [Ref; 5]) -> Result<(), PaperFault> {
    let [type0, cid, descriptor, cmap, file] = refs;
    let data = subsetter::subset(font.data, 0, &used.remapper).map_err(PaperFault::of)?;
    // Six letters told from the glyphs: two subsets of one font must not bear one name.
    let tag: String = subset_tag(used);
    let name = format!("{tag}+{}", font.name);
    let name = Name(name.as_bytes());
    pdf.type0_font(type0)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);

    let mut dict = pdf.cid_font(cid);
    dict.subtype(CidFontType::Type2);
    dict.base_font(name);
    dict.system_info(SYSTEM);
    dict.font_descriptor(descriptor);
    dict.default_width(1000.0);
    dict.cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = dict.widths();
    for (id, (_, advance)) in &used.glyphs {
        if (advance - 1.0).abs() > f32::EPSILON {
            widths.consecutive(*id, [advance * 1000.0]);
        }
    }
    widths.finish();
    dict.finish();

    let face = &font.face;
    let scaled = |v: f32| v * 1000.0 / face.units_per_em;
    let [x_min, y_min, x_max, y_max] = face.bbox.map(scaled);
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(x_min, y_min, x_max, y_max))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender))
        .descent(scaled(face.descender))
        .cap_height(scaled(face.ascender))
        .stem_v(90.0)
        .font_file2(file);

    let mut map = UnicodeCmap::<u16>::new(Name(b"Jieyou"), SYSTEM);
    for (id, (c, _)) in &used.glyphs {
        map.pair(*id, *c);
    }
    let map = map.finish();
    pdf.cmap(cmap, &packed(map.as_slice())?)
        .filter(Filter::FlateDecode);
    let length = i32::try_from(data.len()).unwrap_or(i32::MAX);
    pdf.stream(file, &packed(&data)?)
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), length);
    Ok(())
}

fn subset_tag(used: &Used) -> String {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for (c, _) in used.glyphs.values() {
        sum = (sum ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3);
    }
    (0..6)
        .map(|n| {
            let letter = (sum >> (n * 8)) % 26;
            char::from(b'A' + u8::try_from(letter).unwrap_or(0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::count::pdf_pages;
    use super::super::layout::lay_out;
    use super::*;
    use crate::domain::sheet::Sheet;

    #[test]
    fn a_file_is_small_whole_and_always_the_same() {
        let mut sheet = Sheet::new("人民调解协议书");
        sheet.text("叶长根与叶阿六自愿达成如下协议：（1）檐沟改道。");
        sheet.fields(&[("编号", "（2026）上人调字第1号-1".to_owned())]);
        let laid = lay_out(&sheet).unwrap();
        let numbers = Some(Numbers {
            first: 7,
            total: 19,
        });
        let file = to_pdf(&laid, numbers).unwrap();
        assert!(file.starts_with(b"%PDF-1.7"));
        assert!(file.len() < 60_000, "{}", file.len());
        assert_eq!(pdf_pages(file.clone()), Some(1));
        assert_eq!(to_pdf(&laid, numbers).unwrap(), file);
    }
}
