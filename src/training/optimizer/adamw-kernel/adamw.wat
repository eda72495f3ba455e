;; AdamW, sums and norms, four numbers at a time, in shared memory. Every operation rounds to single precision, as in tfjs,
;; except for the sum of squares, which is in double precision. Each loop over four numbers is followed by a loop over the rest.
;; `npm run unit -- test/training/optimizer/adamw-kernel.test.ts -u` updates binary.ts.
(module
  (import "env" "memory" (memory i64 1 262144 shared))

  ;; a[i] += b[i]
  (func (export "add") (param $a i64) (param $b i64) (param $count i64)
    (local $whole i64) (local $end i64)
    (local.set $end (i64.add (local.get $a) (i64.shl (local.get $count) (i64.const 2))))
    (local.set $whole (i64.add (local.get $a) (i64.shl (i64.and (local.get $count) (i64.const -4)) (i64.const 2))))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $a) (local.get $whole)))
      (v128.store align=4 (local.get $a) (f32x4.add (v128.load align=4 (local.get $a)) (v128.load align=4 (local.get $b))))
      (local.set $a (i64.add (local.get $a) (i64.const 16)))
      (local.set $b (i64.add (local.get $b) (i64.const 16)))
      (br $next)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $a) (local.get $end)))
      (f32.store (local.get $a) (f32.add (f32.load (local.get $a)) (f32.load (local.get $b))))
      (local.set $a (i64.add (local.get $a) (i64.const 4)))
      (local.set $b (i64.add (local.get $b) (i64.const 4)))
      (br $next))))

  ;; The sum of (g[i] * factor)^2: the product is rounded to single precision, its square and the sum are double.
  (func (export "sumOfSquares") (param $g i64) (param $count i64) (param $factor f32) (result f64)
    (local $whole i64) (local $end i64) (local $factors v128) (local $x v128) (local $y v128) (local $low v128) (local $high v128) (local $sum f64) (local $z f64)
    (local.set $end (i64.add (local.get $g) (i64.shl (local.get $count) (i64.const 2))))
    (local.set $whole (i64.add (local.get $g) (i64.shl (i64.and (local.get $count) (i64.const -4)) (i64.const 2))))
    (local.set $factors (f32x4.splat (local.get $factor)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $g) (local.get $whole)))
      (local.set $x (f32x4.mul (v128.load align=4 (local.get $g)) (local.get $factors)))
      (local.set $y (f64x2.promote_low_f32x4 (local.get $x)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $y) (local.get $y))))
      (local.set $y (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $x) (local.get $x))))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $y) (local.get $y))))
      (local.set $g (i64.add (local.get $g) (i64.const 16)))
      (br $next)))
    (local.set $low (f64x2.add (local.get $low) (local.get $high)))
    (local.set $sum (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $g) (local.get $end)))
      (local.set $z (f64.promote_f32 (f32.mul (f32.load (local.get $g)) (local.get $factor))))
      (local.set $sum (f64.add (local.get $sum) (f64.mul (local.get $z) (local.get $z))))
      (local.set $g (i64.add (local.get $g) (i64.const 4)))
      (br $next)))
    (local.get $sum))

  ;; One AdamW update of a parameter p with its moments m and v, by the gradient g * factor.
  (func (export "update")
    (param $p i64) (param $m i64) (param $v i64) (param $g i64) (param $count i64)
    (param $factor f32) (param $beta1 f32) (param $beta2 f32) (param $share f32) (param $squareShare f32) (param $stepSize f32) (param $epsilon f32) (param $kept f32)
    (local $whole i64) (local $end i64) (local $x v128) (local $y v128) (local $gradient v128) (local $a f32) (local $b f32) (local $slope f32)
    (local.set $end (i64.add (local.get $p) (i64.shl (local.get $count) (i64.const 2))))
    (local.set $whole (i64.add (local.get $p) (i64.shl (i64.and (local.get $count) (i64.const -4)) (i64.const 2))))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $p) (local.get $whole)))
      (local.set $gradient (f32x4.mul (v128.load align=4 (local.get $g)) (f32x4.splat (local.get $factor))))
      (local.set $x (f32x4.add (f32x4.mul (v128.load align=4 (local.get $m)) (f32x4.splat (local.get $beta1))) (f32x4.mul (local.get $gradient) (f32x4.splat (local.get $share)))))
      (local.set $y (f32x4.add (f32x4.mul (v128.load align=4 (local.get $v)) (f32x4.splat (local.get $beta2))) (f32x4.mul (f32x4.mul (local.get $gradient) (local.get $gradient)) (f32x4.splat (local.get $squareShare)))))
      (v128.store align=4 (local.get $m) (local.get $x))
      (v128.store align=4 (local.get $v) (local.get $y))
      (v128.store align=4 (local.get $p)
        (f32x4.sub
          (f32x4.mul (v128.load align=4 (local.get $p)) (f32x4.splat (local.get $kept)))
          (f32x4.div (f32x4.mul (local.get $x) (f32x4.splat (local.get $stepSize))) (f32x4.add (f32x4.sqrt (local.get $y)) (f32x4.splat (local.get $epsilon))))))
      (local.set $p (i64.add (local.get $p) (i64.const 16)))
      (local.set $m (i64.add (local.get $m) (i64.const 16)))
      (local.set $v (i64.add (local.get $v) (i64.const 16)))
      (local.set $g (i64.add (local.get $g) (i64.const 16)))
      (br $next)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $p) (local.get $end)))
      (local.set $slope (f32.mul (f32.load (local.get $g)) (local.get $factor)))
      (local.set $a (f32.add (f32.mul (f32.load (local.get $m)) (local.get $beta1)) (f32.mul (local.get $slope) (local.get $share))))
      (local.set $b (f32.add (f32.mul (f32.load (local.get $v)) (local.get $beta2)) (f32.mul (f32.mul (local.get $slope) (local.get $slope)) (local.get $squareShare))))
      (f32.store (local.get $m) (local.get $a))
      (f32.store (local.get $v) (local.get $b))
      (f32.store (local.get $p)
        (f32.sub
          (f32.mul (f32.load (local.get $p)) (local.get $kept))
          (f32.div (f32.mul (local.get $a) (local.get $stepSize)) (f32.add (f32.sqrt (local.get $b)) (local.get $epsilon)))))
      (local.set $p (i64.add (local.get $p) (i64.const 4)))
      (local.set $m (i64.add (local.get $m) (i64.const 4)))
      (local.set $v (i64.add (local.get $v) (i64.const 4)))
      (local.set $g (i64.add (local.get $g) (i64.const 4)))
      (br $next)))))
