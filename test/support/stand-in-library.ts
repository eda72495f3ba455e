import { writeFileSync } from 'node:fs'

/**
 * Writes an empty shared library for Linux on x64 that the system's loader accepts under the name `soname`: it stands in for a library that
 * this machine does not have. It is an ELF file with one segment that holds the dynamic section and its tables.
 */
export function writeStandInLibrary(path: string, soname: string): void {
  const [header, programHeader, segments] = [64, 56, 2]
  const names = Buffer.from(`\0${soname}\0`)
  const symbols = header + segments * programHeader
  const hash = symbols + 24
  const dynamic = hash + 16
  const entries = [
    [14, 1], // DT_SONAME: place of the name in the table of names
    [5, dynamic + 6 * 16 + 16], // DT_STRTAB
    [10, names.length], // DT_STRSZ
    [6, symbols], // DT_SYMTAB
    [11, 24], // DT_SYMENT
    [4, hash], // DT_HASH
    [0, 0],
  ] as const
  const size = dynamic + entries.length * 16 + names.length
  const file = Buffer.alloc(size)
  file.write('\x7fELF', 'latin1')
  file.set([2, 1, 1], 4) // 64 bit, little-endian, version 1
  file.writeUInt16LE(3, 16) // a shared object
  file.writeUInt16LE(62, 18) // x86-64
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(header), 32)
  file.writeUInt16LE(header, 52)
  file.writeUInt16LE(programHeader, 54)
  file.writeUInt16LE(segments, 56)
  const segment = (index: number, type: number, offset: number, length: number): void => {
    const at = header + index * programHeader
    file.writeUInt32LE(type, at)
    file.writeUInt32LE(6, at + 4) // readable and writable: the loader relocates the dynamic section in place
    for (const [place, value] of [
      [8, offset],
      [16, offset],
      [24, offset],
      [32, length],
      [40, length],
      [48, 4096],
    ] as const)
      file.writeBigUInt64LE(BigInt(value), at + place)
  }
  segment(0, 1, 0, size)
  segment(1, 2, dynamic, entries.length * 16)
  // One empty bucket, and the symbol that every table begins with.
  for (const [index, word] of [1, 1, 0, 0].entries()) file.writeUInt32LE(word, hash + 4 * index)
  for (const [index, [tag, value]] of entries.entries()) {
    file.writeBigUInt64LE(BigInt(tag), dynamic + 16 * index)
    file.writeBigUInt64LE(BigInt(value), dynamic + 16 * index + 8)
  }
  names.copy(file, dynamic + entries.length * 16)
  writeFileSync(path, file)
}
