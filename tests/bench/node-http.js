// The same with node: node-http.js FOLDER
const fs = require('fs');
const root = process.argv[2];
const server = require('http').createServer((request, response) => {
  fs.open(root + request.url, (error, file) => {
    if (error)
      return response.writeHead(404, { 'Content-Length': 0 }).end();
    fs.fstat(file, (error, is) => {
      const bytes = Buffer.alloc(is.size);
      fs.read(file, bytes, 0, is.size, 0, (error, count) => {
        fs.close(file, () => {});
        response.writeHead(200, {
          'Last-Modified': is.mtime.toUTCString(),
          'Content-Type': 'application/octet-stream',
          'Content-Length': count,
        });
        response.end(bytes);
      });
    });
  });
});
// Standard output may be a pipe of Unix, of which its console.log knows nothing.
server.listen(0, '127.0.0.1', () => fs.writeSync(1, `${server.address().port}\n`));
