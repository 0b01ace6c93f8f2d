//! Owns the authorities and certificates that tests make for themselves. Must not know: who shows them, or to whom.

use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Name, X509NameRef};

/// A certificate and its key.
pub struct Pair {
    key: PKey<Private>,
    certificate: X509,
}

/// What a certificate says.
pub struct Wanted<'a> {
    /// The common name.
    pub name: &'a str,
    /// `DNS:…` and `IP:…`.
    pub also: &'a [&'a str],
    /// From and until when it is valid, in days from now.
    pub days: (i64, i64),
}

impl<'a> Wanted<'a> {
    /// Valid now.
    pub fn of(name: &'a str, also: &'a [&'a str]) -> Self {
        Self { name, also, days: (-1, 30) }
    }
}

impl Pair {
    /// An authority that nobody knows yet.
    pub fn authority(name: &str) -> Self {
        make(&Wanted::of(name, &[]), None, true)
    }

    /// A certificate signed by this authority.
    pub fn issue(&self, wanted: &Wanted) -> Self {
        make(wanted, Some(self), false)
    }

    /// A certificate that only vouches for itself.
    pub fn alone(wanted: &Wanted) -> Self {
        make(wanted, None, false)
    }

    pub fn certificate(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn key(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    /// The key, behind a passphrase.
    pub fn locked_key(&self, passphrase: &str) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), passphrase.as_bytes()).unwrap()
    }
}

fn make(wanted: &Wanted, by: Option<&Pair>, authority: bool) -> Pair {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let name = named(wanted.name);
    let issuer: &X509NameRef = by.map_or(&name, |by| by.certificate.subject_name());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let day = |days: i64| Asn1Time::from_unix(now + days * 86_400).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::MAYBE_ZERO, false).unwrap();

    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&day(wanted.days.0)).unwrap();
    builder.set_not_after(&day(wanted.days.1)).unwrap();
    if authority {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap()).unwrap();
    }
    if !wanted.also.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for also in wanted.also {
            match also.split_once(':').unwrap() {
                ("DNS", name) => names.dns(name),
                (_, address) => names.ip(address),
            };
        }
        let names = names.build(&builder.x509v3_context(by.map(|by| &*by.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
    Pair { certificate: builder.build(), key }
}

fn named(name: &str) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    builder.build()
}
