import { loadNodeAv } from '#training/video/decode/node-av.ts'

/** A frame as RGB bytes [height, width, 3]. */
export interface PlainFrame {
  readonly width: number
  readonly height: number
  readonly rgb: Buffer
  /** Of the frame as it was decoded. */
  readonly storedWidth: number
  readonly isInterlaced: boolean
}

/**
 * Every frame of the video of a file, in one pass from the first packet to the last, converted with swscale: what `ffmpeg -i FILE -fps_mode
 * passthrough` writes, in a few lines that share nothing with the decoder of the studio. A frame is scaled to `size`, or converted at its own.
 */
export async function plainFrames(
  file: string,
  size?: { readonly width: number; readonly height: number },
): Promise<PlainFrame[]> {
  const av = await loadNodeAv()
  const { constants } = av
  const format = new av.FormatContext()
  av.FFmpegError.throwIfError(format.openInputSync(file, null, null), `open ${file}`)
  format.findStreamInfoSync()
  const stream = format.streams.find(
    ({ codecpar, disposition }) =>
      codecpar.codecType === constants.AVMEDIA_TYPE_VIDEO &&
      (disposition & constants.AV_DISPOSITION_ATTACHED_PIC) === 0,
  )
  if (stream === undefined) throw new Error(`${file} has no video.`)
  const codec = av.Codec.findDecoder(stream.codecpar.codecId)
  if (codec === null) throw new Error(`There is no decoder for ${file}.`)
  const context = new av.CodecContext()
  context.allocContext3(codec)
  context.parametersToContext(stream.codecpar)
  context.pktTimebase = stream.timeBase
  context.threadCount = 1
  av.FFmpegError.throwIfError(context.open2Sync(codec), `decode ${file}`)
  const frames: PlainFrame[] = []
  using packet = new av.Packet()
  packet.alloc()
  using frame = new av.Frame()
  frame.alloc()
  const receive = () => {
    while (context.receiveFrameSync(frame) >= 0) {
      const { width, height } = size ?? frame
      const scaler = new av.SoftwareScaleContext()
      const flags =
        constants.SWS_BICUBIC | constants.SWS_ACCURATE_RND | constants.SWS_FULL_CHR_H_INT | constants.SWS_BITEXACT
      scaler.getContext(
        frame.width,
        frame.height,
        frame.format as Parameters<typeof scaler.getContext>[2],
        width,
        height,
        constants.AV_PIX_FMT_RGB24,
        flags as Parameters<typeof scaler.getContext>[6],
      )
      using scaled = new av.Frame()
      scaled.alloc()
      scaled.width = width
      scaled.height = height
      scaled.format = constants.AV_PIX_FMT_RGB24
      scaled.allocBuffer()
      av.FFmpegError.throwIfError(scaler.scaleFrameSync(scaled, frame), `scale a frame of ${file}`)
      frames.push({
        width,
        height,
        rgb: Buffer.from(scaled.toBuffer()),
        storedWidth: frame.width,
        isInterlaced: frame.hasFlags(constants.AV_FRAME_FLAG_INTERLACED),
      })
      scaler.freeContext()
      frame.unref()
    }
  }
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index) {
      context.sendPacketSync(packet)
      receive()
    }
    packet.unref()
  }
  context.sendPacketSync(null)
  receive()
  context.freeContext()
  format.closeInputSync()
  return frames
}
