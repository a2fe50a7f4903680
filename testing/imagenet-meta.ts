/**
 * A meta.mat as in the devkit of ILSVRC 2012, with its first three synsets and one that is not a class (ILSVRC2012_ID 1001).
 * It was written by scipy.io.savemat (SciPy 1.10.1, do_compression=True) from a structure array with the same eight fields.
 */
export const imagenetMeta: Buffer = Buffer.from(
  `
TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFdlZCBOb3YgMjUgMDM6MTc6MDcgMjAyNgAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAewEAAHic7VPBSsNAEN2WpKYIpYIHj/kAD5uoJD1ZUKEF
8WChHkNs12RpspHsBu0fePM7/A5/wE/xE9w1W92m0aCheunAMMxb3pvdmZ0OAODFAKDFIw+gCXLTZa5xb0jf4k7nhCJG+bkGdiT+wH14Phpfnt
jQsr3hqRC4usjjh90l6ZSqQBAldAkgWexNQhxNU0TegaVkoUEQ80KEg5BJCkt9TDwc+wGioMNBF3y+p1V4T0NxYW2J5/Z6LPh9ha+V8NsKvytz
Am3L6jluT+JCZ1Chs1fQEfkMM/Mmud83x1l0i6gZ+5M0YZgKPfiN3sJUvcU9ft+PnA8r+KDAX0fd7Qq+xn/url67br/O/CF0Do6U+1fpdAo6Ij
8jQYRpaPIlYyhdfU+Zjl7QEbkvfhHYzP9ndY1a87eg5dad/whfoxT7xAwzOpuv9mGz92uY++Cxxty5Wc4hVO5fpWOU6CDCMJubz09f9PGP936l
H2X8ZoHfVfh5yPfpP/7DG2niWkk=
`,
  "base64",
);
