import { describe, expect, test } from 'vitest'
import { decodedSize } from '#training/data/geometry.ts'
import { decodeArguments, FrameSplitter, inspectArguments, parseInspection } from '#training/video/decode/ffmpeg.ts'
import { orientation } from '#training/video/decode/filters.ts'
import { damageOf, formatFromHead } from '#training/video/decode/inspect-file.ts'

describe('decodeArguments', () => {
  test('select frames by index and stop after the last', () => {
    expect(decodeArguments('/v/a b.mp4', { width: 96, height: 64 }, [0, 4, 8]).join(' ')).toMatchInlineSnapshot(
      `"-v error -nostdin -threads 1 -i /v/a b.mp4 -map 0:V:0 -vf select='eq(n,0)+eq(n,4)+eq(n,8)',scale=96:64:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,format=rgb24 -fps_mode passthrough -frames:v 3 -f rawvideo -"`,
    )
  })
  test('select all frames', () => {
    expect(decodeArguments('/v/a.mp4', { width: 96, height: 64 }, 'all').join(' ')).toMatchInlineSnapshot(
      `"-v error -nostdin -threads 1 -i /v/a.mp4 -map 0:V:0 -vf scale=96:64:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,format=rgb24 -fps_mode passthrough -f rawvideo -"`,
    )
  })
  test('inspectArguments request one document', () => {
    expect(inspectArguments('/v/a.mp4').join(' ')).toMatchInlineSnapshot(
      `"-v error -threads 1 -count_frames -count_packets -show_packets -show_streams -show_format -show_entries packet=stream_index,pts_time,dts_time,duration_time:stream=index,codec_type,codec_name,width,height,avg_frame_rate,r_frame_rate,nb_read_frames,nb_read_packets:stream_disposition=attached_pic:stream_side_data=rotation:format=format_name,start_time,duration -of json -i /v/a.mp4"`,
    )
  })
})

describe('FrameSplitter', () => {
  test.each([1, 5, 12, 13, 100])('cuts frames out of pieces of %s bytes and drops a partial one', (piece) => {
    const stream = Uint8Array.from({ length: 30 }, (_, index) => index)
    const frames: number[][] = []
    const splitter = new FrameSplitter({ width: 2, height: 2 }, (pixels, order) => void (frames[order] = [...pixels]))
    for (let at = 0; at < stream.length; at += piece) splitter.push(stream.subarray(at, at + piece))
    expect(frames).toEqual([[...stream.subarray(0, 12)], [...stream.subarray(12, 24)]])
    expect(splitter.count).toBe(2)
  })
})

const parse = (document: object, errors = '') => parseInspection('/v/a.mp4', JSON.stringify(document), errors)

describe('parseInspection', () => {
  const stream = {
    index: 1,
    codec_type: 'video',
    codec_name: 'h264',
    width: 320,
    height: 184,
    avg_frame_rate: '24/1',
    r_frame_rate: '24/1',
    nb_read_frames: '3',
    nb_read_packets: '3',
  }
  const packets = [0, 1 / 24, 2 / 24].map((time) => ({
    stream_index: 1,
    pts_time: time.toFixed(6),
    duration_time: '0.041667',
  }))
  const format = { format_name: 'mov,mp4,m4a,3gp,3g2,mj2', start_time: '0.000000', duration: '0.125000' }

  test('reads size, rate, duration and counts', () => {
    expect(parse({ packets, streams: [stream], format })).toEqual({
      frameCount: 3,
      width: 320,
      height: 184,
      framesPerSecond: 24,
      durationMs: 125,
      codec: 'h264',
      packetCount: 3,
      failedPackets: 0,
      contentSeconds: 0.125,
      announcedSeconds: 0.125,
    })
  })

  test('swaps width and height of a rotated video', () => {
    expect(parse({ packets, streams: [{ ...stream, side_data_list: [{ rotation: -90 }] }], format })).toMatchObject({
      width: 184,
      height: 320,
    })
  })

  test('counts missing frames as failed only if ffprobe reported errors', () => {
    const halves = { ...stream, nb_read_packets: '6' }
    expect(parse({ packets, streams: [halves], format }).failedPackets).toBe(0)
    expect(parse({ packets, streams: [halves], format }, 'Invalid NAL unit').failedPackets).toBe(3)
  })

  test.each([
    ['nothing', '', 'This is not a video file: no known video format was found in it.'],
    ['an empty document', '{}', 'This is not a video file: no known video format was found in it.'],
    [
      'sound',
      JSON.stringify({ streams: [{ index: 0, codec_type: 'audio' }], format }),
      'The file has no video stream, only sound or other data.',
    ],
    [
      'sound with a cover',
      JSON.stringify({ streams: [{ ...stream, disposition: { attached_pic: 1 } }], format }),
      'The file has no video stream, only sound or other data.',
    ],
  ])('of %s says so', (_, json, reason) => {
    expect(() => parseInspection('/v/a.mp4', json, '')).toThrow(`/v/a.mp4: ${reason}`)
  })
})

describe('damageOf', () => {
  const whole = {
    frameCount: 100,
    packetCount: 100,
    failedPackets: 0,
    width: 1,
    height: 1,
    framesPerSecond: 25,
    durationMs: 4000,
    codec: 'h264',
    contentSeconds: 4,
    announcedSeconds: 4,
  }
  test.each([
    [{}, undefined],
    [{ failedPackets: 2 }, undefined],
    [{ failedPackets: 3 }, 'The file is damaged: 3 of its 100 video packets could not be decoded.'],
    [{ contentSeconds: 3.7 }, undefined],
    [{ contentSeconds: 1, packetCount: 25, failedPackets: 1 }, 'The file is cut off: it contains 1.0 of 4.0 seconds.'],
    [
      { contentSeconds: 1, packetCount: 25, failedPackets: 9 },
      'The file is damaged: 9 of its 25 video packets could not be decoded.',
    ],
    [{ frameCount: 0 }, 'No frame could be decoded.'],
  ])('%j', (change, damage) => {
    expect(damageOf({ ...whole, ...change })).toBe(damage)
  })
})

test.each([
  [Buffer.from('\0\0\0\x20ftypisom'), 'MP4'],
  [Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), 'Matroska or WebM'],
  [Buffer.from('RIFF\0\0\0\0AVI '), 'AVI'],
  [Buffer.from('just text'), undefined],
])('formatFromHead(%j) is %s', (bytes, format) => {
  expect(formatFromHead(bytes)).toBe(format)
})

test.each([
  [undefined, [], false],
  [[1, 0, 0, 0, 1, 0], [], false],
  [[0, 1, 0, -1, 0, 0], ['transpose=clock'], true],
  [[0, -1, 0, 1, 0, 0], ['transpose=cclock'], true],
  [[0, 1, 0, 1, 0, 0], ['transpose=cclock_flip'], true],
  [[0, -1, 0, -1, 0, 0], ['transpose=clock_flip'], true],
  [[-1, 0, 0, 0, -1, 0], ['hflip', 'vflip'], false],
  [[-1, 0, 0, 0, 1, 0], ['hflip'], false],
])('orientation of %j is %j', (matrix, filters, isSideways) => {
  expect(orientation(matrix === undefined ? undefined : Int32Array.from(matrix, (value) => value * 0x10000))).toEqual({
    filters,
    isSideways,
  })
})

test.each([
  [{ width: 640, height: 360 }, 320, { width: 569, height: 320 }],
  [{ width: 360, height: 640 }, 320, { width: 320, height: 569 }],
  [{ width: 64, height: 64 }, 91, { width: 64, height: 64 }],
  [{ width: 500, height: 500 }, 320, { width: 320, height: 320 }],
])('decodedSize(%j, %s) is %j', (size, shortSide, expected) => {
  expect(decodedSize(size, shortSide)).toEqual(expected)
})
