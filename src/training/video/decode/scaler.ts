import type { Frame } from 'node-av/lib'
import type { NodeAv } from './node-av.ts'
import { UnreadableVideo } from './unreadable-video.ts'

/** Converts decoded frames to RGB bytes with a chain of libavfilter's filters. */
export interface Scaler extends Disposable {
  /** The bytes are valid until the next frame is scaled, or the scaler is disposed. */
  scale(frame: Frame): Uint8Array
}

/** Builds the filter graph again if size or pixel format change in the middle of a file. */
export function createScaler(av: NodeAv, file: string, filters: string): Scaler {
  let graph: { source: string; push: (frame: Frame) => Uint8Array; scope: DisposableStack } | undefined
  return {
    scale(frame) {
      const { width, height, format, colorSpace, colorRange } = frame
      const source = `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/1:pixel_aspect=1/1:colorspace=${colorSpace}:range=${colorRange}`
      if (graph?.source !== source) {
        graph?.scope.dispose()
        const scope = new DisposableStack()
        graph = { source, scope, push: buildGraph(av, file, source, filters, scope) }
      }
      return graph.push(frame)
    },
    [Symbol.dispose]: () => graph?.scope.dispose(),
  }
}

function buildGraph(
  av: NodeAv,
  file: string,
  source: string,
  filters: string,
  scope: DisposableStack,
): (frame: Frame) => Uint8Array {
  const require = <T>(value: T | null, what: string): T => {
    if (value === null || (typeof value === 'number' && value < 0))
      throw new UnreadableVideo(file, `Its frames could not be converted to RGB (${what}).`)
    return value
  }
  const graph = new av.FilterGraph()
  graph.alloc()
  scope.defer(() => graph.free())
  graph.nbThreads = 1
  const input = require(graph.createFilter(require(av.Filter.getByName('buffer'), 'buffer'), 'in', source), source)
  const output = require(graph.createFilter(require(av.Filter.getByName('buffersink'), 'buffersink'), 'out'), 'output')
  const end = (name: string, context: typeof input) => {
    const link = new av.FilterInOut()
    link.alloc()
    link.name = name
    link.filterCtx = context
    link.padIdx = 0
    return link
  }
  require(graph.parsePtr(filters, end('out', output), end('in', input)), filters)
  require(graph.configSync(), source)
  const scaled = scope.use(new av.Frame())
  scaled.alloc()
  // One memory for all frames: those of every frame would be garbage that V8 collects every few videos.
  let packed: { readonly frame: Frame; readonly pixels: Uint8Array } | undefined
  const pack = (): { frame: Frame; pixels: Uint8Array } => {
    const frame = scope.use(new av.Frame())
    frame.alloc()
    frame.width = scaled.width
    frame.height = scaled.height
    frame.format = scaled.format
    require(frame.getBuffer(1), 'memory')
    const [plane] = require(frame.data, 'memory')
    const { buffer, byteOffset } = require(plane ?? null, 'memory')
    return { frame, pixels: new Uint8Array(buffer, byteOffset, scaled.width * scaled.height * 3) }
  }
  return (frame) => {
    // The frame stays: it may be scaled to several sizes, and it says whether its decoder found errors.
    require(input.buffersrcAddFrameSync(frame, av.constants.AV_BUFFERSRC_FLAG_KEEP_REF), 'push')
    require(output.buffersinkGetFrameSync(scaled), 'pull')
    packed ??= pack()
    require(packed.frame.copy(scaled), 'copy')
    scaled.unref()
    return packed.pixels
  }
}
