import type { MediaExtent, Source } from './source.ts'

/** Identifiers of objects in a file, in its byte order. */
export const asfHeader = '3026b2758e66cf11a6d900aa0062ce6c'
const fileProperties = 'a1dcab8c47a9cf118ee400c00c205365'
const dataObject = '3626b2758e66cf11a6d900aa0062ce6c'
const dataHeaderBytes = 50

/** Extent of the data object of an ASF file (WMV, WMA). A broadcast states no size, but all of its packets are equally long. */
export function asfExtent(source: Source): MediaExtent | undefined {
  const header = source.read(0, 30)
  if (header.length < 30) return undefined
  const dataStart = Number(header.readBigUInt64LE(16))
  const data = source.read(dataStart, 24)
  if (data.length < 24 || data.toString('hex', 0, 16) !== dataObject) return undefined
  const properties = readProperties(source, dataStart)
  const size = Number(data.readBigUInt64LE(16))
  if (properties?.isBroadcast !== true && size > dataHeaderBytes) return { end: dataStart + size, unit: 'all' }
  const packetBytes = properties?.packetBytes ?? 0
  if (packetBytes === 0) return undefined
  const firstPacket = dataStart + dataHeaderBytes
  const packets = Math.ceil((source.size - firstPacket) / packetBytes)
  return { end: firstPacket + packets * packetBytes, unit: 'packet' }
}

function readProperties(source: Source, headerEnd: number) {
  for (let position = 30; position < headerEnd;) {
    const object = source.read(position, 104)
    if (object.length < 24) return undefined
    if (object.length === 104 && object.toString('hex', 0, 16) === fileProperties)
      return { isBroadcast: (object.readUInt32LE(88) & 1) === 1, packetBytes: object.readUInt32LE(92) }
    position += Math.max(24, Number(object.readBigUInt64LE(16)))
  }
  return undefined
}
