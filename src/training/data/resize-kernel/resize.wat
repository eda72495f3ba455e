;; The two passes of a resize of one RGB frame, along its rows and then along its columns, in integers (sum) and in double precision (mix).
;; Loops over several values also run over the end of a line: what they write there is overwritten by the next line, and
;; kernel.ts leaves room behind the last one. Tables hold the taps of each output pixel, see kernel.ts.
;; `npm run unit -- test/training/data/resize-kernel.test.ts -u` updates binary.ts.
(module
  (memory (export "memory") 1)

  ;; Weights have 22 fractional bits. Their high and low 11 bits are multiplied apart, so that one instruction multiplies and adds two
  ;; taps: sum = (high sum << 11) + low sum, modulo 2^32, to which the low sum contributes the half that rounds.
  ;; A table has for each output pixel the offset in bytes of its first tap (i32), then for each pair of taps the two high parts
  ;; and the two low parts (4 x i16).

  ;; bytes of rgb input [rowCount, rowBytes] -> bytes [rowCount, size, 3]
  (func (export "sumColumns")
    (param $input i32) (param $rowBytes i32) (param $rowCount i32) (param $table i32) (param $pairs i32) (param $size i32) (param $output i32)
    (local $entry i32) (local $end i32) (local $lineEnd i32) (local $at i32) (local $pixels v128) (local $high v128) (local $low v128)
    (loop $row
      (local.set $entry (local.get $table))
      (local.set $lineEnd (i32.add (local.get $output) (i32.mul (local.get $size) (i32.const 3))))
      (loop $pixel
        (local.set $at (i32.add (local.get $input) (i32.load (local.get $entry))))
        (local.set $entry (i32.add (local.get $entry) (i32.const 4)))
        (local.set $end (i32.add (local.get $entry) (i32.shl (local.get $pairs) (i32.const 3))))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (loop $pair
          ;; r0 r1 g0 g1 b0 b1 as 16-bit numbers
          (local.set $pixels (i8x16.swizzle (v128.load64_zero align=1 (local.get $at)) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
          (local.set $high (i32x4.add (local.get $high) (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat (local.get $entry)))))
          (local.set $low (i32x4.add (local.get $low) (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat offset=4 (local.get $entry)))))
          (local.set $at (i32.add (local.get $at) (i32.const 6)))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $pair (i32.lt_u (local.get $entry) (local.get $end))))
        (local.set $high (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low)) (i32.const 22)))
        (local.set $high (i16x8.narrow_i32x4_s (local.get $high) (local.get $high)))
        (v128.store32_lane align=1 0 (local.get $output) (i8x16.narrow_i16x8_u (local.get $high) (local.get $high)))
        (local.set $output (i32.add (local.get $output) (i32.const 3)))
        (br_if $pixel (i32.lt_u (local.get $output) (local.get $lineEnd))))
      (local.set $input (i32.add (local.get $input) (local.get $rowBytes)))
      (br_if $row (local.tee $rowCount (i32.sub (local.get $rowCount) (i32.const 1))))))

  ;; bytes of lines [.., line] -> bytes [size, line]
  (func (export "sumRows")
    (param $input i32) (param $line i32) (param $table i32) (param $pairs i32) (param $size i32) (param $output i32)
    (local $entry i32) (local $end i32) (local $from i32) (local $at i32) (local $x i32) (local $a v128) (local $b v128) (local $weights v128)
    (local $high0 v128) (local $high1 v128) (local $high2 v128) (local $high3 v128) (local $low0 v128) (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (loop $row
      (local.set $from (i32.add (local.get $input) (i32.load (local.get $table))))
      (local.set $table (i32.add (local.get $table) (i32.const 4)))
      (local.set $end (i32.add (local.get $table) (i32.shl (local.get $pairs) (i32.const 3))))
      (local.set $x (i32.const 0))
      (loop $values
        (local.set $entry (local.get $table))
        (local.set $at (i32.add (local.get $from) (local.get $x)))
        (local.set $high0 (v128.const i32x4 0 0 0 0))
        (local.set $high1 (local.get $high0))
        (local.set $high2 (local.get $high0))
        (local.set $high3 (local.get $high0))
        (local.set $low0 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $low1 (local.get $low0))
        (local.set $low2 (local.get $low0))
        (local.set $low3 (local.get $low0))
        (loop $pair
          (local.set $a (v128.load align=1 (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $line)))
          (local.set $b (v128.load align=1 (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $line)))
          (local.set $weights (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
          (local.set $b (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
          (local.set $a (local.get $weights))
          (local.set $weights (v128.load32_splat (local.get $entry)))
          (local.set $high0 (i32x4.add (local.get $high0) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $a)) (local.get $weights))))
          (local.set $high1 (i32x4.add (local.get $high1) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $a)) (local.get $weights))))
          (local.set $high2 (i32x4.add (local.get $high2) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $b)) (local.get $weights))))
          (local.set $high3 (i32x4.add (local.get $high3) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $b)) (local.get $weights))))
          (local.set $weights (v128.load32_splat offset=4 (local.get $entry)))
          (local.set $low0 (i32x4.add (local.get $low0) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $a)) (local.get $weights))))
          (local.set $low1 (i32x4.add (local.get $low1) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $a)) (local.get $weights))))
          (local.set $low2 (i32x4.add (local.get $low2) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $b)) (local.get $weights))))
          (local.set $low3 (i32x4.add (local.get $low3) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $b)) (local.get $weights))))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $pair (i32.lt_u (local.get $entry) (local.get $end))))
        (v128.store align=1 (i32.add (local.get $output) (local.get $x))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high0) (i32.const 11)) (local.get $low0)) (i32.const 22))
              (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high1) (i32.const 11)) (local.get $low1)) (i32.const 22)))
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high2) (i32.const 11)) (local.get $low2)) (i32.const 22))
              (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high3) (i32.const 11)) (local.get $low3)) (i32.const 22)))))
        (br_if $values (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $line))))
      (local.set $table (local.get $end))
      (local.set $output (i32.add (local.get $output) (local.get $line)))
      (br_if $row (local.tee $size (i32.sub (local.get $size) (i32.const 1))))))

  ;; A table has for each output pixel the offsets in bytes of two values a and b (2 x i32) and the weight w (f64) of a + w (b - a).

  ;; bytes of rgb input [rowCount, rowBytes] -> f64 [rowCount, 3, size]
  (func (export "mixColumns")
    (param $input i32) (param $rowBytes i32) (param $rowCount i32) (param $table i32) (param $size i32) (param $output i32)
    (local $plane i32) (local $entry i32) (local $end i32) (local $a v128) (local $difference v128) (local $weight v128) (local $mixed v128)
    (local.set $plane (i32.shl (local.get $size) (i32.const 3)))
    (local.set $end (i32.add (local.get $table) (i32.shl (local.get $size) (i32.const 4))))
    (loop $row
      (local.set $entry (local.get $table))
      (loop $pixel
        (local.set $a (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load32_zero align=1 (i32.add (local.get $input) (i32.load (local.get $entry)))))))
        (local.set $difference (i32x4.sub
          (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
            (v128.load32_zero align=1 (i32.add (local.get $input) (i32.load offset=4 (local.get $entry))))))
          (local.get $a)))
        (local.set $weight (v128.load64_splat offset=8 (local.get $entry)))
        (local.set $mixed (f64x2.add
          (f64x2.convert_low_i32x4_s (local.get $a))
          (f64x2.mul (local.get $weight) (f64x2.convert_low_i32x4_s (local.get $difference)))))
        (v128.store64_lane 0 (local.get $output) (local.get $mixed))
        (v128.store64_lane 1 (i32.add (local.get $output) (local.get $plane)) (local.get $mixed))
        (local.set $a (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $a) (local.get $a)))
        (local.set $difference (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $difference) (local.get $difference)))
        (v128.store64_lane 0 (i32.add (local.get $output) (i32.shl (local.get $plane) (i32.const 1)))
          (f64x2.add
            (f64x2.convert_low_i32x4_s (local.get $a))
            (f64x2.mul (local.get $weight) (f64x2.convert_low_i32x4_s (local.get $difference)))))
        (local.set $output (i32.add (local.get $output) (i32.const 8)))
        (br_if $pixel (i32.lt_u (local.tee $entry (i32.add (local.get $entry) (i32.const 16))) (local.get $end))))
      (local.set $output (i32.add (local.get $output) (i32.shl (local.get $plane) (i32.const 1))))
      (local.set $input (i32.add (local.get $input) (local.get $rowBytes)))
      (br_if $row (local.tee $rowCount (i32.sub (local.get $rowCount) (i32.const 1))))))

  ;; f64 lines [.., size] -> f32 [size, size], each rounded to single precision, multiplied by $scale, reduced by $shift and rounded again
  (func (export "mixRows")
    (param $input i32) (param $table i32) (param $size i32) (param $output i32) (param $scale f64) (param $shift f64)
    (local $end i32) (local $a i32) (local $b i32) (local $lineEnd i32) (local $weight v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $table) (i32.shl (local.get $size) (i32.const 4))))
    (local.set $size (i32.shl (local.get $size) (i32.const 2)))
    (loop $row
      (local.set $a (i32.add (local.get $input) (i32.load (local.get $table))))
      (local.set $b (i32.add (local.get $input) (i32.load offset=4 (local.get $table))))
      (local.set $weight (v128.load64_splat offset=8 (local.get $table)))
      (local.set $lineEnd (i32.add (local.get $output) (local.get $size)))
      (loop $values
        (local.set $low (v128.load align=8 (local.get $a)))
        (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $weight) (f64x2.sub (v128.load align=8 (local.get $b)) (local.get $low)))))
        (local.set $high (v128.load offset=16 align=8 (local.get $a)))
        (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $weight) (f64x2.sub (v128.load offset=16 align=8 (local.get $b)) (local.get $high)))))
        (local.set $low (f64x2.promote_low_f32x4 (f32x4.demote_f64x2_zero (local.get $low))))
        (local.set $high (f64x2.promote_low_f32x4 (f32x4.demote_f64x2_zero (local.get $high))))
        (local.set $low (f64x2.sub (f64x2.mul (local.get $low) (f64x2.splat (local.get $scale))) (f64x2.splat (local.get $shift))))
        (local.set $high (f64x2.sub (f64x2.mul (local.get $high) (f64x2.splat (local.get $scale))) (f64x2.splat (local.get $shift))))
        (v128.store align=4 (local.get $output) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
          (f32x4.demote_f64x2_zero (local.get $low)) (f32x4.demote_f64x2_zero (local.get $high))))
        (local.set $a (i32.add (local.get $a) (i32.const 32)))
        (local.set $b (i32.add (local.get $b) (i32.const 32)))
        (br_if $values (i32.lt_u (local.tee $output (i32.add (local.get $output) (i32.const 16))) (local.get $lineEnd))))
      (local.set $output (local.get $lineEnd))
      (br_if $row (i32.lt_u (local.tee $table (i32.add (local.get $table) (i32.const 16))) (local.get $end))))))
