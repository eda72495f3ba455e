/** Machine code of one architecture in a CUDA library. */
const machineCode = 2
const containerMagic = 0xba55ed50

export interface Trimmed {
  readonly keptBytes: number
  readonly blankedBytes: number
}

/**
 * Overwrites the GPU code of all other architectures in a CUDA library with zeros, in place, so that it compresses well. The driver never
 * opens them. For measuring on one kind of card, not for users.
 *
 * The section `.nv_fatbin` of the ELF file holds containers: magic, version (16 bit), size of the header (16 bit), size of the body (64 bit).
 * A body holds entries: kind (16 bit; 1 is PTX, 2 machine code), version (16 bit), size of the header (32 bit), size of the body (64 bit), and
 * the architecture (32 bit) at offset 28.
 * @param architecture compute capability times 10: 90 for H100 and H200
 * @throws Error if the file has no such section, or none for the architecture
 */
export function trimProvider(library: Buffer, architecture: number): Trimmed {
  const section = fatBinaries(library)
  let [keptBytes, blankedBytes] = [0, 0]
  for (let at = section.start; at < section.end;) {
    if (library.readUInt32LE(at) !== containerMagic) {
      at += 8
      continue
    }
    const end = at + library.readUInt16LE(at + 6) + Number(library.readBigUInt64LE(at + 8))
    for (let entry = at + library.readUInt16LE(at + 6); entry < end;) {
      const body = entry + library.readUInt32LE(entry + 4)
      const size = Number(library.readBigUInt64LE(entry + 8))
      if (library.readUInt16LE(entry) === machineCode && library.readUInt32LE(entry + 28) === architecture)
        keptBytes += size
      else {
        library.fill(0, body, body + size)
        blankedBytes += size
      }
      entry = body + size
    }
    at = end
  }
  if (keptBytes === 0) throw new Error(`The library has no code for compute capability ${architecture / 10}.`)
  return { keptBytes, blankedBytes }
}

function fatBinaries(library: Buffer): { readonly start: number; readonly end: number } {
  const table = Number(library.readBigUInt64LE(0x28))
  const [size, count, names] = [0x3a, 0x3c, 0x3e].map((at) => library.readUInt16LE(at)) as [number, number, number]
  const offsetOf = (index: number): number => Number(library.readBigUInt64LE(table + index * size + 24))
  for (let index = 0; index < count; index++) {
    const nameAt = offsetOf(names) + library.readUInt32LE(table + index * size)
    if (library.toString('latin1', nameAt, library.indexOf(0, nameAt)) !== '.nv_fatbin') continue
    const start = offsetOf(index)
    return { start, end: start + Number(library.readBigUInt64LE(table + index * size + 32)) }
  }
  throw new Error('The library has no section .nv_fatbin.')
}
