//! Both engines have the same tables, columns, nullability and indexes, migration by migration; and a
//! shipped migration is never edited.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn folders(engine: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(engine);
    let mut out: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    out.sort();
    out
}

fn text(engine: &str) -> String {
    folders(engine)
        .iter()
        .map(|f| std::fs::read_to_string(f.join("up.sql")).unwrap())
        .collect()
}

/// Tables that exist in a form of their own on each engine.
const OWN_FORM: &[&str] = &["case_search", "change_log"];

type Columns = Vec<(String, bool)>;

fn tables(sql: &str) -> BTreeMap<String, Columns> {
    let mut out = BTreeMap::new();
    for part in sql.split("CREATE TABLE ").skip(1) {
        let (name, rest) = part.split_once(" (").unwrap();
        let body = rest.split("\n)").next().unwrap();
        let columns = body
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with("--") && !l.starts_with("PRIMARY KEY"))
            .map(|l| {
                (
                    l.split(' ').next().unwrap().to_owned(),
                    l.contains("NOT NULL"),
                )
            })
            .collect();
        out.insert(name.trim().to_owned(), columns);
    }
    for line in sql.lines().filter(|l| l.starts_with("ALTER TABLE ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(i) = words.iter().position(|w| *w == "ADD") {
            let column = words[i + if words[i + 1] == "COLUMN" { 2 } else { 1 }];
            let table: &mut Columns = out.get_mut(words[2]).unwrap();
            table.push((column.to_owned(), line.contains("NOT NULL")));
        }
    }
    out.retain(|name, _| !OWN_FORM.contains(&name.as_str()));
    out
}

fn indexes(sql: &str) -> BTreeSet<String> {
    sql.lines()
        .filter(|l| l.starts_with("CREATE INDEX") || l.starts_with("CREATE UNIQUE INDEX"))
        .filter(|l| !OWN_FORM.iter().any(|t| l.contains(&format!("ON {t} "))))
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> Vec<_> {
        folders(engine)
            .iter()
            .map(|f| f.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn both_engines_have_the_same_tables() {
    let (sqlite, postgres) = (tables(&text("sqlite")), tables(&text("postgres")));
    assert!(sqlite.len() > 40, "the tables were not found");
    assert_eq!(
        sqlite.keys().collect::<Vec<_>>(),
        postgres.keys().collect::<Vec<_>>()
    );
    for (name, columns) in &sqlite {
        assert_eq!(columns, &postgres[name], "{name}");
    }
}

#[test]
fn both_engines_have_the_same_indexes() {
    let (sqlite, postgres) = (indexes(&text("sqlite")), indexes(&text("postgres")));
    assert!(sqlite.len() > 50, "the indexes were not found");
    assert_eq!(sqlite, postgres);
}

/// SHA-256 of every migration that was shipped. A new one is added here; one that is listed never
/// changes: databases in service have run it as it is.
const SHIPPED: &[(&str, &str)] = &[
    (
        "postgres/2026-01-01-000001_spine",
        "7097d680c67e80d94c31ad6af4db477331813de1f0a4729d86ab66125ae9db82",
    ),
    (
        "postgres/2026-02-01-000002_return_consent",
        "1acc0fcafda46c818bb0e23bf4a6cc51f799069e0467364228d5c4b276ca255d",
    ),
    (
        "postgres/2026-02-01-000003_signed_papers",
        "0c55c6fbf9fb5a48f9343d5b13b9a096885d3c835703d03a79608011cb03613e",
    ),
    (
        "postgres/2026-02-02-000003_timers",
        "8c655c58256b88e8bba7b69f722415e290119840b5a2f3f693571237eabc09ae",
    ),
    (
        "postgres/2026-02-03-000004_clocks",
        "701e04f62bcc61846469880a1d0fbe9a1fcc90821a78ee3ee0af4c0aa06772ea",
    ),
    (
        "postgres/2026-11-24-000005_waiting_order",
        "fedd9929ecb30e53c4fd43c91aad4cb2a5eded189cdb8afe06111c7b35f44b6b",
    ),
    (
        "postgres/2026-11-24-000006_second_factor",
        "be086b8075bb65e80dcca0c6d95cd51f83414abf94930c756aa6e74eb18a1f6a",
    ),
    (
        "postgres/2026-11-24-000007_verifications",
        "d93d6b39f91e62ecf2c7bfc549a2e1e50b7a0a4bbda3dfb76b496bd9cffe5c87",
    ),
    (
        "postgres/2026-11-24-000020_dossier",
        "bb28855dfa022b31dbdb6707523688300b37dd2df608a6fc8ca1b3279101082d",
    ),
    (
        "postgres/2026-11-24-000030_returns",
        "6ba2ba85ee4d15711a55306df0c03fa9e0ba1fca699d66bd0947c0bb3a92e141",
    ),
    (
        "postgres/2026-11-24-000031_signals",
        "14452070914ac834c3f527c5b304486d92889c8fbc5e32460d83486e6d72f7c8",
    ),
    (
        "postgres/2026-11-24-000040_duties",
        "d511c3d239fc053db6c86e826f797d175f342e1a546665740525ecdb93f39030",
    ),
    (
        "postgres/2026-11-24-000045_inbox_kinds",
        "241d89dd8f7baeb49461eb93c248c016414723a7a719dcdac2dc74e98448101d",
    ),
    (
        "postgres/2026-11-24-000046_follow_ups",
        "52738d30f85dc2dc8312f22f86680075d90aca189807d04417b86c51b27d2f29",
    ),
    (
        "postgres/2026-11-24-000047_party_checks",
        "63ef526edc1d2521e69242abf47d5b9dc20a1da51b75bc44df59c3cf9aa0660f",
    ),
    (
        "postgres/2026-11-24-000050_quarrels",
        "654eb178b6f8717cd32ca26edafd00a3975d753647ffa0f781cc47406dd807ff",
    ),
    (
        "postgres/2026-11-24-000055_tasks",
        "d3882d94c8e6326e8930eaa9a9b7ecaffdc73adfa148ecf11987d32697e236a9",
    ),
    (
        "postgres/2026-11-24-000056_county_orders",
        "6a95908a3197f0d5d2ff0d9013ea8046cc355a33eb8df43f6937152059594346",
    ),
    (
        "postgres/2026-11-24-000057_formula",
        "53ffc53a7686533753fa388ed33409ca5c7fad7068e291483a8a1a05ec7b76f5",
    ),
    (
        "postgres/2026-11-24-000060_incident_reports",
        "d20d34e0f5406a51c2d16faa7fc0ad6f0a10436d5560e6934ec4f5859d43c78b",
    ),
    (
        "postgres/2026-11-24-000061_crises",
        "0ee9f3d8c732ebfc74dfa88322b8863f0a6f14024dcbfd24f76c44078051aaec",
    ),
    (
        "postgres/2026-11-24-000070_audit_rotations",
        "29ee0bdf63321fce08b2872da59791042f7cca6184f936613eead178f9bfb20d",
    ),
    (
        "postgres/2026-11-24-000080_codes_grow",
        "3b44f256a2035d528e42833a5564838e7e310660ed2bc2eed46f49afb293fa3e",
    ),
    (
        "postgres/2026-11-24-000081_traceparent",
        "6d565db1ddfe920315299a11c53bd17c30f6d4a78fe4b9234d16c595f538a3ba",
    ),
    (
        "postgres/2026-11-24-000084_step_calls",
        "cadc7abeb14179d4ecff973f3e5b54f1f30c363efa14a20da4ff6f92a14493e0",
    ),
    (
        "postgres/2026-11-24-000088_clock_informs",
        "201cc0d9c4846d30efc0b97f1e275bc2b4a6469af08603005532510eb896f3bd",
    ),
    (
        "postgres/2026-11-24-000089_task_kinds",
        "e96bd29f1036006bde14863605f99f66c2b22947f6d526f1cfeeb26d13ede231",
    ),
    (
        "postgres/2026-11-24-000095_risk_order",
        "eb9e36dc8714f760885f016b974114ff86e766996f7a2aeb2169b5697b7f4ab8",
    ),
    (
        "postgres/2026-11-24-000098_evaluations",
        "3fa3e9fa8b93eba47f23b0a90dc16a4da67d2ad135850aec9a6f1918552f8066",
    ),
    (
        "sqlite/2026-01-01-000001_spine",
        "9db85886555d66eeb7a87dcfb40ad0b95ec55500612c52b1149093a087e2b911",
    ),
    (
        "sqlite/2026-02-01-000002_return_consent",
        "19d4aeb867d28ed31f1e678f0db2220c8afb73fbf60758b44b9358afb848bd4d",
    ),
    (
        "sqlite/2026-02-01-000003_signed_papers",
        "d8f773f57a2f0e0362bea0edd19bbec89fe0e08c62f4676cefa2a1adeaedd744",
    ),
    (
        "sqlite/2026-02-02-000003_timers",
        "2a682c0377d8316f1643295475b9771a94210d267288c7661316eb9088d0ecc2",
    ),
    (
        "sqlite/2026-02-03-000004_clocks",
        "3a79bb40812078bdb8d7392b63e18b5e135355097f2aa28c5b899a8c52835535",
    ),
    (
        "sqlite/2026-11-24-000005_waiting_order",
        "a978fa90c3f6b78fbb48d862706c940249b1f7e7f3fa70d06672ae5ee0ea456f",
    ),
    (
        "sqlite/2026-11-24-000006_second_factor",
        "6d3c26603f550326b601cb366cd67b39182adde1e1aaae2045dc6290b296362b",
    ),
    (
        "sqlite/2026-11-24-000007_verifications",
        "468018284f5dbb8af7907220c5da7d559af54465c54055c522ebc0327db2e455",
    ),
    (
        "sqlite/2026-11-24-000020_dossier",
        "d8a18eaab715e09aa678271d9bbb37f4a7f0bd2eb27bf20bdc610e313fb3d98a",
    ),
    (
        "sqlite/2026-11-24-000030_returns",
        "ec312abbac60c5ddec9e0d9f403c409e4c7837ffe6e762a671d6b28352896377",
    ),
    (
        "sqlite/2026-11-24-000031_signals",
        "1b1b810c8ae37082d02823fcbf8ad0ac9b5092dc9bd83d3a3e0a706bee430ebf",
    ),
    (
        "sqlite/2026-11-24-000040_duties",
        "4d8e84f9ed14bcb9a27786eb2343444aa73682080b6da37d4c7bdc5d2f5b6596",
    ),
    (
        "sqlite/2026-11-24-000045_inbox_kinds",
        "b870dae18521752a03090e8bfe738e4584d06690e5693a29123b29dea2da3261",
    ),
    (
        "sqlite/2026-11-24-000046_follow_ups",
        "27fb2e1dcd5565ebd14374d64fcce51717f0f17ff9528f5486d03262235a79a8",
    ),
    (
        "sqlite/2026-11-24-000047_party_checks",
        "ac4e3968a53e9610ba87140574861d435ef4e25f79084f97f37f64b05126294a",
    ),
    (
        "sqlite/2026-11-24-000050_quarrels",
        "ee30edfe629e233db3a94a8911ce06cc42d27954fe53df7cfa8f4670e176e02e",
    ),
    (
        "sqlite/2026-11-24-000055_tasks",
        "da8b5be6027f7676c380b710d734e81df5be5e621331f15bf1123ec581ba6af3",
    ),
    (
        "sqlite/2026-11-24-000056_county_orders",
        "d49db7026bc9e773045d2fa74736b85824b415c10069fba6fc63b4b6a472e11f",
    ),
    (
        "sqlite/2026-11-24-000057_formula",
        "680386a525fd643c8185b887fed687454f18e3615618dbd019af92fbd63cd7b3",
    ),
    (
        "sqlite/2026-11-24-000060_incident_reports",
        "8696bbeb2d350ebc35e930b3e006d3bb7727d89bfd5c69dbccdd7e3c4b39b818",
    ),
    (
        "sqlite/2026-11-24-000061_crises",
        "b0d829cd0ae3202725264a6497d86b0948c76302f44c76fab8a274c93c6641d0",
    ),
    (
        "sqlite/2026-11-24-000070_audit_rotations",
        "d6741301558f7afca89cdadf06e5618a6f6619516280fc6fc0c39b5c56176545",
    ),
    (
        "sqlite/2026-11-24-000080_codes_grow",
        "694691b7e67eaa5fefc987efd52eab4f338161715fda335b341d20beb5dd7e31",
    ),
    (
        "sqlite/2026-11-24-000081_traceparent",
        "6d565db1ddfe920315299a11c53bd17c30f6d4a78fe4b9234d16c595f538a3ba",
    ),
    (
        "sqlite/2026-11-24-000084_step_calls",
        "61d80aba9e317ca2c7754c4801f7c8922964e618933c5354c5454690074fb924",
    ),
    (
        "sqlite/2026-11-24-000088_clock_informs",
        "239377e93b809ca13cd873467dc87af589befbf8b51ec0752a4b105ae1e1db6a",
    ),
    (
        "sqlite/2026-11-24-000089_task_kinds",
        "00c5bef46d4ce1d11d8dd985270c8d6c722aa81b694476a38469fb46dc423895",
    ),
    (
        "sqlite/2026-11-24-000095_risk_order",
        "eb9e36dc8714f760885f016b974114ff86e766996f7a2aeb2169b5697b7f4ab8",
    ),
    (
        "sqlite/2026-11-24-000098_evaluations",
        "cca4a6091c6a2aaee4fae0a17634a4a09c129313a37fa8b944b30f58fe2e3fdb",
    ),
];

#[test]
fn shipped_migrations_are_never_edited() {
    use sha2::{Digest, Sha256};
    let mut found = Vec::new();
    for engine in ["postgres", "sqlite"] {
        for folder in folders(engine) {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let hash = hex::encode(Sha256::digest(
                std::fs::read(folder.join("up.sql")).unwrap(),
            ));
            found.push((format!("{engine}/{name}"), hash));
        }
    }
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(n, h)| (n.as_str(), h.as_str()))
        .collect();
    assert_eq!(
        found, SHIPPED,
        "a shipped migration was changed, or a new one is not listed"
    );
}
