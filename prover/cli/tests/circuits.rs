//! `cloister-prover circuits`: what it says of each circuit.

use cloister_circuits::statements::{
    batch::{BatchCircuit, Shape},
    exit::ExitCircuit,
    house_rekey::HouseRekeyCircuit,
    seal::SealCircuit,
};
use cloister_groth16::{generate_development, write_key, Matrices};
use cloister_prover_cli::circuits::{find, run, Args, Report, CIRCUITS};
use serde_json::Value;
use std::{fs, process};

fn output(json: bool) -> String {
    let mut out = Vec::new();
    run(CIRCUITS, &Args { json }, &mut out).expect("the circuits synthesise");
    String::from_utf8(out).expect("text")
}

#[test]
fn json_names_every_circuit_with_all_its_numbers() {
    let reports: Value = serde_json::from_str(&output(true)).expect("JSON");
    let reports = reports.as_array().expect("a list");
    let names: Vec<_> = reports.iter().map(|r| r["name"].as_str().expect("a name")).collect();
    let expected: Vec<_> = CIRCUITS.iter().map(|c| c.name).collect();
    assert_eq!(names, expected);
    for report in reports {
        let parts = report["by_gadget"].as_object().expect("parts");
        let sum: u64 = parts.values().map(|n| n.as_u64().expect("a number")).sum();
        assert_eq!(Some(sum), report["constraints"].as_u64());
        assert_eq!(report["public_inputs"], 1);
        assert_eq!(report["key"]["verifying_bytes"], 1060);
        // Batches and solvency statements have shapes, and all their numbers; another statement has none of them.
        let name = report["name"].as_str().expect("a name");
        let [is_batch, is_solvency] = ["batch-", "solvency-"].map(|kind| name.starts_with(kind));
        for number in ["units", "places_per_unit", "constraints_per_unit"] {
            assert_eq!(report[number].is_u64(), is_batch, "{number}");
        }
        for number in ["accounts", "constraints_per_account"] {
            assert_eq!(report[number].is_u64(), is_solvency, "{number}");
        }
        assert_eq!(report["shape"].is_string(), is_batch || is_solvency);
        assert_eq!(report["constraints_once"].is_u64(), is_batch || is_solvency);
    }
}

#[test]
fn numbers_are_those_of_the_circuits() {
    let report = |name| Report::of(find(CIRCUITS, name).expect("is there")).expect("synthesises");
    let of_units = |units| {
        let shape = Shape { units, ..Shape::DEV };
        Matrices::record(BatchCircuit::blank(shape)).expect("synthesises")
    };
    let constraints = |units| of_units(units).constraints();
    let dev = report("batch-dev");
    assert_eq!(dev.circuit, of_units(9).id().to_string());
    assert_eq!(
        (dev.shape, dev.units, dev.places_per_unit),
        (Some("dev"), Some(9), Some(1))
    );
    assert_eq!(dev.constraints, constraints(9));
    assert_eq!(dev.constraints_once, Some(constraints(0)));
    // Chunks of the statement's hash are all that makes a unit more or less than the next.
    let unit = dev.constraints_per_unit.expect("a batch");
    assert!(unit.abs_diff(constraints(2) - constraints(1)) < 363, "{unit}");

    let solvency = report("solvency-dev");
    assert_eq!((solvency.shape, solvency.accounts), (Some("dev"), Some(48)));
    assert!(solvency.constraints_per_account.expect("of accounts") <= 4_500);
    let domains = [solvency.domain_log2, report("solvency-standard").domain_log2];
    assert_eq!(domains, [18, 19]);

    let seal = Matrices::record(SealCircuit::blank()).expect("synthesises");
    let exit = Matrices::record(ExitCircuit::blank()).expect("synthesises");
    assert_eq!(report("seal").circuit, seal.id().to_string());
    assert_eq!(report("exit").circuit, exit.id().to_string());
    assert_eq!((report("seal").domain_log2, report("exit").domain_log2), (13, 13));
    let rekey = Matrices::record(HouseRekeyCircuit::blank()).expect("synthesises");
    assert_eq!(report("house-rekey").circuit, rekey.id().to_string());
    assert_eq!(report("house-rekey").domain_log2, 14);
}

#[test]
fn key_sizes_are_those_of_the_key() {
    let path = std::env::temp_dir().join(format!("cloister-prover-{}-sizes.key", process::id()));
    for name in ["seal", "exit", "house-rekey"] {
        let circuit = find(CIRCUITS, name).expect("is there");
        let key = generate_development(&circuit.matrices().expect("synthesises")).expect("generates");
        write_key(&path, &key).expect("writes");
        let report = Report::of(circuit).expect("synthesises");
        assert_eq!(report.key.proving_bytes, fs::metadata(&path).expect("a file").len());
        assert_eq!(report.key.verifying_bytes, key.verifying_key().len());
    }
    fs::remove_file(&path).expect("is there");
}

#[test]
fn people_get_the_same_numbers() {
    let text = output(false);
    for circuit in CIRCUITS {
        let report = Report::of(circuit).expect("synthesises");
        assert!(text.contains(&format!("{}: {}\n", circuit.name, circuit.about)));
        assert!(text.contains(&report.circuit));
        assert!(text.contains(&format!("constraints    {}\n", report.constraints)));
    }
}
