import { readdirSync, readFileSync } from 'node:fs';

/** Linux tells times in these parts of a second. */
const ticks = 100;

interface Process {
  pid: number;
  parent: number;
  /** In ticks, with that of children that have ended. */
  used: number;
}

/** Null when it has just ended. */
function look(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name, may hold spaces; 4 is the parent, 14 to 17 are user and system time, own and children's.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    const used = fields[11]! + fields[12]! + fields[13]! + fields[14]!;
    return { pid, parent: fields[1]!, used };
  } catch {
    return null;
  }
}

function all(): Process[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map((name) => look(Number(name))).filter((found) => found !== null);
}

/** The processor time that a process and all below it have used so far, in seconds. */
export function processorTime(pid: number): number {
  const running = all();
  const tree = new Set([pid]);
  // Parents have no lower numbers than children once these have begun anew.
  for (let grown = true; grown; ) {
    const before = tree.size;
    for (const { pid: child, parent } of running) if (tree.has(parent)) tree.add(child);
    grown = tree.size > before;
  }
  const own = running.filter(({ pid: one }) => tree.has(one));
  return own.reduce((sum, { used }) => sum + used, 0) / ticks;
}

/** The processes that this one has started and that run. */
export function children(): number[] {
  return all()
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid }) => pid);
}
