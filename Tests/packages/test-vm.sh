#!/usr/bin/env bash
# Installs a Debian package in a virtual machine of Debian 12, and tries there what no other test can: the
# units under a systemd that is at work, and the limits of memory that the kernel keeps in control groups of
# version 2. Wants root, debootstrap, and qemu-system-x86. The machine is emulated: not every host of virtual
# machines lets those have their own.
#
#     test-vm.sh PACKAGE
#
# The system is kept in $SPOOL_ROOTS, so that a second run need not make it again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$1
mirror=${SPOOL_MIRROR:-http://deb.debian.org/debian}

fail() {
  echo "test-vm: $*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || fail "run it as root: debootstrap and chroot want that"
for need in debootstrap qemu-system-x86_64 mkfs.ext4; do
  command -v "$need" >/dev/null || fail "please install what has $need"
done

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
root=${SPOOL_ROOTS:-$work}/vm
if [ ! -e "$root/boot-ready" ]; then
  echo "test-vm: making a system"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=systemd-sysv,udev,dbus,procps,linux-image-cloud-amd64 \
    bookworm "$root" "$mirror" >"$work/log" || fail "$(tail -20 "$work/log")"
  touch "$root/boot-ready"
fi

cp -a "$root" "$work/system"
system=$work/system
cp "$package" "$system/root/spool.deb"
cp "$here/inside-vm.sh" "$system/root/inside-vm.sh"
cp /etc/resolv.conf "$system/etc/resolv.conf"
printf 'deb %s bookworm main\n' "$mirror" >"$system/etc/apt/sources.list"
chroot "$system" sh -c 'apt-get update -qq && apt-get install -yqq --no-install-recommends /root/spool.deb' \
  >"$work/log" 2>&1 || fail "$(tail -20 "$work/log")"
cat >"$system/etc/systemd/system/inside-vm.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate
[Service]
Type=oneshot
ExecStart=/bin/bash /root/inside-vm.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
mkdir -p "$system/etc/systemd/system/multi-user.target.wants"
ln -sf ../inside-vm.service "$system/etc/systemd/system/multi-user.target.wants/inside-vm.service"

truncate -s 3G "$work/disk"
mkfs.ext4 -q -d "$system" "$work/disk"
echo "test-vm: booting"
timeout 1200 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2G -nographic -no-reboot -nic none \
  -kernel "$(ls "$system"/boot/vmlinuz-* | tail -1)" -initrd "$(ls "$system"/boot/initrd.img-* | tail -1)" \
  -append "root=/dev/vda rw console=ttyS0 quiet loglevel=1 systemd.show_status=0 systemd.mask=serial-getty@ttyS0.service" \
  -drive "file=$work/disk,format=raw,if=virtio" </dev/null | sed -u 's/\r//' | tee "$work/said"
grep -q '^inside-vm: all is well$' "$work/said" || fail "it did not come to its end"
echo "test-vm: all is well"
