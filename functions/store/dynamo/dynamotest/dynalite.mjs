// Serves dynalite from memory on a free port of the loopback, which it prints, until its input ends.
import dynalite from 'dynalite'

const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
