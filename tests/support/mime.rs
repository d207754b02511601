//! Messages taken apart.

use base64::Engine as _;

/// Header lines, unfolded, names as they were sent.
pub fn headers(block: &str) -> Vec<(String, String)> {
    let head = block.split("\r\n\r\n").next().unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded
        .split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// The first header of this name, in any case.
pub fn header(block: &str, name: &str) -> Option<String> {
    headers(block)
        .into_iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

/// The bytes of a base64 text.
pub fn unpacked(packed: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .decode(packed)
        .unwrap()
}

/// The body of a part in clear.
pub fn decode(part: &str) -> String {
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let bytes = match header(head, "Content-Transfer-Encoding").as_deref() {
        Some("base64") => unpacked(&body.split_whitespace().collect::<String>()),
        Some("quoted-printable") => {
            let joined = body.replace("=\r\n", "");
            let mut out = Vec::new();
            let mut rest = joined.as_bytes();
            while let [first, tail @ ..] = rest {
                rest = tail;
                if *first == b'=' {
                    let hex = std::str::from_utf8(&tail[..2]).unwrap();
                    out.push(u8::from_str_radix(hex, 16).unwrap());
                    rest = &tail[2..];
                } else {
                    out.push(*first);
                }
            }
            out
        }
        Some("7bit") => body.as_bytes().to_vec(),
        other => panic!("encoding {other:?}"),
    };
    String::from_utf8(bytes).unwrap()
}

/// The parts of a multipart/alternative message, or the one body; still encoded.
pub fn parts(message: &str) -> Vec<String> {
    let kind = header(message, "Content-Type").unwrap();
    match kind
        .split("boundary=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
    {
        None => vec![message.to_owned()],
        Some(boundary) => {
            let body = message.split_once("\r\n\r\n").unwrap().1;
            let pieces: Vec<&str> = body.split(&format!("--{boundary}")).collect();
            assert!(pieces.last().unwrap().starts_with("--"), "closed");
            pieces[1..pieces.len() - 1]
                .iter()
                .map(|p| p.trim_start().to_owned())
                .collect()
        }
    }
}
