;; Masking and unmasking (RFC 6455 §5.3), 64 bytes a step. Source of the constant in mask-simd.ts; made with
;;   wat2wasm mask-simd.wat -o mask-simd.wasm && base64 -w0 mask-simd.wasm
;; The memory is imported and never grows: bytes are read into it by the kernel, at an address that must stay.
(module
  (import "m" "m" (memory 1))
  ;; Unmasks n bytes at p in place with the 32-bit key k, whose lowest byte meets the first one. Answers 0 when all of them are ASCII then.
  (func (export "u") (param $p i32) (param $n i32) (param $k i32) (result i32)
    (local $v v128) (local $x v128) (local $seen v128) (local $e i32) (local $y i32) (local $or i32)
    (local.set $v (i32x4.splat (local.get $k)))
    (local.set $e (i32.add (local.get $p) (i32.and (local.get $n) (i32.const -64))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $p) (local.get $e)))
      (v128.store (local.get $p) (local.tee $x (v128.xor (v128.load (local.get $p)) (local.get $v))))
      (local.set $seen (v128.or (local.get $seen) (local.get $x)))
      (v128.store offset=16 (local.get $p) (local.tee $x (v128.xor (v128.load offset=16 (local.get $p)) (local.get $v))))
      (local.set $seen (v128.or (local.get $seen) (local.get $x)))
      (v128.store offset=32 (local.get $p) (local.tee $x (v128.xor (v128.load offset=32 (local.get $p)) (local.get $v))))
      (local.set $seen (v128.or (local.get $seen) (local.get $x)))
      (v128.store offset=48 (local.get $p) (local.tee $x (v128.xor (v128.load offset=48 (local.get $p)) (local.get $v))))
      (local.set $seen (v128.or (local.get $seen) (local.get $x)))
      (local.set $p (i32.add (local.get $p) (i32.const 64)))
      (br $next)))
    (local.set $n (i32.and (local.get $n) (i32.const 63)))
    (local.set $e (i32.add (local.get $p) (i32.and (local.get $n) (i32.const -4))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $p) (local.get $e)))
      (i32.store (local.get $p) (local.tee $y (i32.xor (i32.load (local.get $p)) (local.get $k))))
      (local.set $or (i32.or (local.get $or) (local.get $y)))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br $next)))
    (local.set $e (i32.add (local.get $p) (i32.and (local.get $n) (i32.const 3))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $p) (local.get $e)))
      (local.set $y (i32.xor (i32.load8_u (local.get $p)) (i32.and (local.get $k) (i32.const 255))))
      (i32.store8 (local.get $p) (local.get $y))
      (local.set $or (i32.or (local.get $or) (local.get $y)))
      (local.set $k (i32.shr_u (local.get $k) (i32.const 8)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br $next)))
    (i32.or (i8x16.bitmask (local.get $seen)) (i32.and (local.get $or) (i32.const 0x80808080)))))
